-- What happened in this module, written in the transaction in which it happened.
-- json, not jsonb: the text is kept as it was written, and \u0000 is allowed.
create table outbox (
  seq        bigint      generated always as identity primary key, -- the order of writing
  pos        bigint      constraint outbox_pos unique,             -- null until it is numbered
  id         uuid        not null constraint outbox_id unique,
  type       text        collate "C" not null,
  key        text        collate "C" not null,
  actor      text        collate "C" not null,
  request_id text        collate "C" not null,
  outcome    text        collate "C" not null,
  body       json        not null,
  personal   json,
  at         timestamptz not null default clock_timestamp()
);
create index outbox_new on outbox (seq) where pos is null;

-- The last position that was given, and the last one that is no longer kept. Numbers
-- go on from here, whatever is deleted from outbox. Until watched_until a relay looks
-- for new rows by itself, so that commits need not wake it.
create table outbox_head (
  pos           bigint      not null default 0,
  floor         bigint      not null default 0,
  watched_until timestamptz not null default '-infinity',
  only_row      boolean     primary key default true check (only_row),
  constraint outbox_head_floor check (0 <= floor and floor <= pos)
);
insert into outbox_head default values;

-- How far each consumer has come: what it has not read yet is kept. Delete the row of
-- a consumer that is gone for good.
create table outbox_reader (
  consumer text        collate "C" primary key,
  pos      bigint      not null,
  at       timestamptz not null default now()
);
