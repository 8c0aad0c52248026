-- Second factors, the half sign-ins that wait for one, and the browsers that are spared it.

create table two_factor (
    user_id      uuid        primary key,
    enabled      boolean     not null, -- every sign-in asks for a second factor
    secret       bytea,                -- of the authenticator, sealed; null: mailed codes only
    verified     boolean     not null, -- a code of the authenticator was seen
    last_step    bigint      not null default 0, -- time step of the last accepted code
    failures     integer     not null default 0 check (failures >= 0),
    locked_until timestamptz,
    created_at   timestamptz not null default now(),
    check (secret is not null or not verified)
);

create table backup_code (
    user_id   uuid  not null references two_factor on delete cascade,
    code_hash bytea not null check (length(code_hash) = 32),
    primary key (user_id, code_hash)
);

create table two_factor_challenge (
    id_hash    bytea       primary key check (length(id_hash) = 32),
    user_id    uuid        not null,
    method     text        not null, -- of the first factor
    amr        text[]      not null,
    remember   boolean     not null,
    attempts   integer     not null default 0 check (attempts >= 0),
    expires_at timestamptz not null
);
create index two_factor_challenge_by_user on two_factor_challenge (user_id);
create index two_factor_challenge_by_expiry on two_factor_challenge (expires_at);

create table two_factor_code (
    subject    text        primary key, -- the challenge or the session it was mailed for
    user_id    uuid        not null,
    code_hash  bytea       not null check (length(code_hash) = 32),
    attempts   integer     not null default 0 check (attempts >= 0),
    expires_at timestamptz not null
);
create index two_factor_code_by_user on two_factor_code (user_id);
create index two_factor_code_by_expiry on two_factor_code (expires_at);

create table trusted_device (
    id_hash    bytea       primary key check (length(id_hash) = 32),
    user_id    uuid        not null,
    expires_at timestamptz not null
);
create index trusted_device_by_user on trusted_device (user_id);
create index trusted_device_by_expiry on trusted_device (expires_at);

---- create above / drop below ----

drop table trusted_device;
drop table two_factor_code;
drop table two_factor_challenge;
drop table backup_code;
drop table two_factor;
