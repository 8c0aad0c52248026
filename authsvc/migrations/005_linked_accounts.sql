-- Accounts at identity providers that belong to a user. Passwords get an id too: the client
-- protocol lists and unlinks them beside the others.

create table linked_account (
    id                 uuid        primary key,
    user_id            uuid        not null,
    provider_id        text        not null,
    account_id         text        not null,
    access_token       bytea,      -- sealed, as the other two
    refresh_token      bytea,
    id_token           bytea,
    access_expires_at  timestamptz,
    refresh_expires_at timestamptz,
    scope              text[]      not null,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    unique (provider_id, account_id)
);
create index linked_account_by_user on linked_account (user_id);

alter table credential add column id uuid not null unique default gen_random_uuid();

---- create above / drop below ----

alter table credential drop column id;
drop table linked_account;
