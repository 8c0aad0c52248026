-- Text is compared byte by byte: addresses and names are normalised before they get here.
create table users (
  id               uuid           primary key,
  email            text           collate "C" not null constraint users_email unique,
  email_verified   boolean        not null,
  name             text           not null,
  image            text,
  username         text           collate "C" constraint users_username unique,
  display_username text,
  banned           boolean        not null default false,
  ban_reason       text,
  ban_expires      timestamptz(3),
  created_at       timestamptz(3) not null,
  updated_at       timestamptz(3) not null,
  constraint users_email_lower check (email = lower(email)),
  constraint users_username_lower check (username = lower(username))
);

-- One row for each sign-up under way, and at most one for each address.
create table reservations (
  email      text           collate "C" primary key,
  id         uuid           not null constraint reservations_id unique,
  name       text           not null,
  image      text,
  created_at timestamptz(3) not null
);
create index reservations_created_at on reservations (created_at);

create table roles (
  name        text           collate "C" primary key,
  permissions text[]         not null,
  built_in    boolean        not null default false,
  created_at  timestamptz(3) not null,
  updated_at  timestamptz(3) not null,
  constraint roles_everything check (name = 'admin' or not '*' = any (permissions))
);

insert into roles (name, permissions, built_in, created_at, updated_at)
values ('user', '{}', true, now(), now()),
       ('admin', '{*}', true, now(), now());

-- Who has which role. Everybody has the role user, without a row.
create table grants (
  user_id    uuid           not null references users on delete cascade,
  role       text           collate "C" not null constraint grants_role references roles,
  granted_at timestamptz(3) not null,
  primary key (user_id, role),
  constraint grants_user check (role <> 'user')
);
create index grants_role on grants (role);

---- create above / drop below ----

drop table grants;
drop table roles;
drop table reservations;
drop table users;
