-- What a profile holds beside name and image, and the ids that are used up.
alter table users
  add column phone_number          text    collate "C" constraint users_phone_number unique,
  add column phone_number_verified boolean not null default false,
  add column anonymous             boolean not null default false,
  add column locale                text    not null default '';
create index users_created_at on users (created_at, id);

alter table reservations
  add column username         text    collate "C",
  add column display_username text,
  add column phone_number     text    collate "C",
  add column anonymous        boolean not null default false,
  add column locale           text    not null default '';

create table tombstones (
  id         uuid           primary key,
  deleted_at timestamptz(3) not null
);

---- create above / drop below ----

drop table tombstones;
alter table reservations
  drop column username,
  drop column display_username,
  drop column phone_number,
  drop column anonymous,
  drop column locale;
drop index users_created_at;
alter table users
  drop column phone_number,
  drop column phone_number_verified,
  drop column anonymous,
  drop column locale;
