-- Mailed tokens that delete a user. Reset tokens are bound to the address that they were
-- mailed to: at another one they are worth nothing.

create table user_deletion (
    token_hash bytea       primary key check (length(token_hash) = 32),
    user_id    uuid        not null,
    expires_at timestamptz not null
);
create index user_deletion_by_user on user_deletion (user_id);
create index user_deletion_by_expiry on user_deletion (expires_at);

alter table password_reset add column address_hash bytea not null default ''; -- empty: of an older version, bound to none

---- create above / drop below ----

alter table password_reset drop column address_hash;
drop table user_deletion;
