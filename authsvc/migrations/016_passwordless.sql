-- What is sent to people to prove that they read there: codes and links. Neither table says
-- to whom.

create table one_time_code (
    key        bytea       primary key check (length(key) = 32), -- keyed hash of purpose and subject
    code_hash  bytea       not null check (length(code_hash) = 32), -- keyed too
    attempts   integer     not null default 0 check (attempts >= 0),
    expires_at timestamptz not null
);
create index one_time_code_by_expiry on one_time_code (expires_at);

create table magic_link (
    token_hash bytea       primary key check (length(token_hash) = 32),
    sealed     bytea       not null, -- the address, and a name for a new account
    expires_at timestamptz not null
);
create index magic_link_by_expiry on magic_link (expires_at);

---- create above / drop below ----

drop table magic_link;
drop table one_time_code;
