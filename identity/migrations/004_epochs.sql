-- What changed, for who keeps copies of users and of what they may do. Whatever writes
-- these tables raises the number, statements of an operator included.
{{ template "epoch/epoch_1.sql" . }}

-- What is shown of a user.
create constraint trigger epoch_user_shown after update on users
  deferrable initially deferred for each row
  when (old is distinct from new)
  execute function epoch_touch('view', 'id');

-- What a user may do: nothing any more, or something else. Tokens that say otherwise end.
create constraint trigger epoch_user_banned after update on users
  deferrable initially deferred for each row
  when (old.banned is distinct from new.banned or old.ban_expires is distinct from new.ban_expires)
  execute function epoch_touch('user', 'id');
create constraint trigger epoch_user_gone after delete on users
  deferrable initially deferred for each row
  execute function epoch_touch('user', 'id');
create constraint trigger epoch_grant after insert or update or delete on grants
  deferrable initially deferred for each row
  execute function epoch_touch('user', 'user_id');

-- What a role holds. Tokens name roles and not permissions, so they stay good.
create constraint trigger epoch_role after update or delete on roles
  deferrable initially deferred for each row
  execute function epoch_touch('permissions');

---- create above / drop below ----

drop trigger epoch_role on roles;
drop trigger epoch_grant on grants;
drop trigger epoch_user_gone on users;
drop trigger epoch_user_banned on users;
drop trigger epoch_user_shown on users;
{{ template "epoch/epoch_1_down.sql" . }}
