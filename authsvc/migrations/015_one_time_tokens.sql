-- Tokens that hand a session over, once. They end with the session.

create table one_time_token (
    token_hash bytea       primary key check (length(token_hash) = 32),
    user_id    uuid        not null,
    session_id uuid        not null references session on delete cascade,
    sealed     bytea       not null, -- the session's token
    expires_at timestamptz not null
);
create index one_time_token_by_session on one_time_token (session_id);
create index one_time_token_by_expiry on one_time_token (expires_at);

---- create above / drop below ----

drop table one_time_token;
