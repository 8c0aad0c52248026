-- Sign-ins that are on their way through an identity provider.

create table social_flow (
    state_hash bytea       primary key check (length(state_hash) = 32),
    sealed     bytea       not null,
    expires_at timestamptz not null
);
create index social_flow_by_expiry on social_flow (expires_at);

---- create above / drop below ----

drop table social_flow;
