-- How often something changed of which others keep copies. The number rises as the last
-- act of a transaction, under the lock of the row, so the order of numbers is the order of
-- commits. Entries up to floor are no longer kept. The origin tells this history from the
-- one that a restored backup goes on with.
create table epoch_head (
  number   bigint  not null default 0,
  floor    bigint  not null default 0,
  origin   text    not null default '',
  only_row boolean primary key default true check (only_row),
  constraint epoch_head_floor check (0 <= floor and floor <= number)
) with (fillfactor = 50);
insert into epoch_head default values;

-- What changed. All entries of one transaction have one number.
create table epoch_entry (
  id     bigint generated always as identity primary key, -- in the order of commits too
  number bigint not null,
  scope  text   collate "C" not null,
  key    text   collate "C" not null
);
create index epoch_entry_number on epoch_entry (number);
create index epoch_entry_mark on epoch_entry (scope, key, number);

-- Who keeps copies: up to which number they have followed, and how often they have asked.
create table epoch_holder (
  id     text   collate "C" primary key,
  number bigint not null,
  beat   bigint not null default 0
) with (fillfactor = 50);

-- The trigger of tables of which others keep copies; arguments: the scope, and the column
-- that holds the key. It must be deferred, so that it runs when everything else is done:
-- the first one of a transaction raises the number. The notice tells the client who
-- commits, the notification everybody else.
create function epoch_touch() returns trigger
language plpgsql as $$
declare
  raised bigint := nullif(current_setting('epoch.raised', true), '')::bigint;
  mark   text   := '';
begin
  if raised is null then
    update epoch_head set number = number + 1 returning number into raised;
    perform set_config('epoch.raised', raised::text, true);
    perform pg_notify('epoch_' || current_schema, '');
    raise notice 'epoch %', raised;
  end if;
  if TG_NARGS > 1 then
    mark := coalesce(case when TG_OP = 'DELETE' then to_jsonb(old) else to_jsonb(new) end ->> TG_ARGV[1], '');
  end if;
  insert into epoch_entry (number, scope, key) values (raised, TG_ARGV[0], mark);
  return null;
end $$;
