-- What proves who a user is. User ids are identity's; no key crosses the schemas.

create table credential (
    user_id    uuid        primary key,
    hash       text        not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table session (
    id         uuid        primary key,
    token_hash bytea       not null unique check (length(token_hash) = 32),
    user_id    uuid        not null,
    ip         text        not null,
    user_agent text        not null,
    amr        text[]      not null,
    remember   boolean     not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    expires_at timestamptz not null
);
create index session_by_user on session (user_id);
create index session_by_expiry on session (expires_at);

create table password_reset (
    token_hash bytea       primary key check (length(token_hash) = 32),
    user_id    uuid        not null,
    expires_at timestamptz not null
);
create index password_reset_by_user on password_reset (user_id);
create index password_reset_by_expiry on password_reset (expires_at);

---- create above / drop below ----

drop table password_reset;
drop table session;
drop table credential;
