-- Mailed proofs that have opened a session: each does so once.

create table used_proof (
    proof_hash bytea       primary key check (length(proof_hash) = 32),
    expires_at timestamptz not null
);
create index used_proof_by_expiry on used_proof (expires_at);

---- create above / drop below ----

drop table used_proof;
