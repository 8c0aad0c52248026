-- Mailed proofs of a change of address that still count: each once, and none after a new
-- password.

create table email_change (
    proof_hash bytea       primary key check (length(proof_hash) = 32),
    user_id    uuid        not null,
    expires_at timestamptz not null
);
create index email_change_by_user on email_change (user_id);
create index email_change_by_expiry on email_change (expires_at);

---- create above / drop below ----

drop table email_change;
