-- Keys that sign access tokens, and families of refresh tokens.

create table signing_key (
    kid          text        primary key,
    public_key   bytea       not null check (length(public_key) = 32),
    private_key  bytea       not null, -- sealed
    created_at   timestamptz not null,
    signs_from   timestamptz not null,
    signs_until  timestamptz not null,
    known_until  timestamptz not null
);

create table refresh_family (
    id         uuid        primary key,
    session_id uuid        not null references session on delete cascade,
    user_id    uuid        not null,
    client_id  text        not null,
    scope      text[]      not null,
    amr        text[]      not null,
    auth_time  timestamptz not null,
    salt       bytea       not null check (length(salt) = 32),
    generation integer     not null default 0 check (generation >= 0),
    rotated_at timestamptz not null,
    expires_at timestamptz not null,
    ended      boolean     not null default false
);
create index refresh_family_by_session on refresh_family (session_id);
create index refresh_family_by_expiry on refresh_family (expires_at);

---- create above / drop below ----

drop table refresh_family;
drop table signing_key;
