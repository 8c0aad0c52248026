-- Links of security mails by which an owner says "this was not me".

create table alert (
    token_hash   bytea       primary key check (length(token_hash) = 32),
    user_id      uuid        not null,
    address_hash bytea       not null check (length(address_hash) = 32), -- of the address that it was mailed to
    created_at   timestamptz not null,
    expires_at   timestamptz not null
);
create index alert_by_user on alert (user_id);
create index alert_by_expiry on alert (expires_at);

---- create above / drop below ----

drop table alert;
