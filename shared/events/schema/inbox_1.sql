-- How far this module's consumers have applied each source. The row moves in the
-- transaction of the effects, and whoever holds its lock is the one at work.
create table inbox_cursor (
  consumer text   collate "C" not null,
  source   text   collate "C" not null,
  pos      bigint not null default 0,
  primary key (consumer, source)
);

-- Events that were set aside and wait to be applied. The event is here with its
-- personal data.
create table inbox_parked (
  consumer text        collate "C" not null,
  source   text        collate "C" not null,
  pos      bigint      not null,
  key      text        collate "C" not null,
  reason   text        collate "C" not null constraint inbox_parked_reason
                       check (reason in ('unknown_type', 'failed', 'follows')),
  event    json        not null,
  error    text        not null,
  attempts int         not null,
  at       timestamptz not null default now(),
  primary key (consumer, source, pos)
);
create index inbox_parked_key on inbox_parked (consumer, source, key);
