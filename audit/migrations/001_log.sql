-- The log: leaves and the stored hashes of their Merkle tree (RFC 6962), the signed
-- checkpoints, and the vault of personal data beside it.

create table tree (
    one  boolean primary key default true check (one),
    size bigint  not null check (size >= 0)
);
insert into tree (size) values (0);

create table leaf (
    index      bigint      primary key,
    event_id   uuid        not null unique,
    bytes      bytea       not null, -- what the tree holds; the columns below repeat parts of it for queries
    source     text        not null,
    pos        bigint      not null,
    at         timestamptz not null,
    action     text        not null,
    outcome    text        not null,
    actor      text        not null,
    subject    text        not null,
    request_id text        not null,
    unique (source, pos)
);
create index leaf_actor on leaf (actor, index);
create index leaf_subject on leaf (subject, index);
create index leaf_action on leaf (action, index);
create index leaf_at on leaf (at);

create table node (
    index bigint primary key, -- as golang.org/x/mod/sumdb/tlog numbers stored hashes
    hash  bytea  not null check (length(hash) = 32)
);

create table checkpoint (
    size bigint      primary key,
    root bytea       not null check (length(root) = 32),
    note text        not null, -- the signed note
    at   timestamptz not null default now()
);

create table subject_key (
    subject text        primary key,
    sealed  bytea       not null,
    at      timestamptz not null default now()
);

create table personal (
    index   bigint primary key references leaf,
    subject text   not null references subject_key,
    salt    bytea  not null check (length(salt) = 32),
    sealed  bytea  not null
);
create index personal_subject on personal (subject);

-- Guards against mistakes, not proof: the proof is that a checkpoint held elsewhere
-- does not match a log that was changed.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only: % on % refused', tg_op, tg_table_name;
end
$$;

create trigger leaf_append_only before update or delete or truncate on leaf
    for each statement execute function refuse_change();
create trigger node_append_only before update or delete or truncate on node
    for each statement execute function refuse_change();
create trigger checkpoint_append_only before update or delete or truncate on checkpoint
    for each statement execute function refuse_change();

---- create above / drop below ----

drop table personal;
drop table subject_key;
drop table checkpoint;
drop table node;
drop table leaf;
drop table tree;
drop function refuse_change;
