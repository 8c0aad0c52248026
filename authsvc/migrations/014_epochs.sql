-- What changed, for who keeps copies of sessions and verifies tokens by himself. Whatever
-- writes these tables raises the number, statements of an operator included.
{{ template "epoch/epoch_1.sql" . }}

-- A session that ends, and with it every token of it. The sweep removes what has expired
-- long ago, of which nobody has a copy.
create constraint trigger epoch_session_gone after delete on session
    deferrable initially deferred for each row
    when (old.expires_at > now() - interval '12 hours')
    execute function epoch_touch('session', 'id');

-- What is shown of a session changes; its tokens stay good.
create constraint trigger epoch_session_shown after update on session
    deferrable initially deferred for each row
    when (old is distinct from new)
    execute function epoch_touch('view', 'id');

-- The access tokens of a family that has ended (RFC 7009, section 2.1). They name the
-- session, so those of its other families are exchanged too.
create constraint trigger epoch_family after update on refresh_family
    deferrable initially deferred for each row
    when (new.ended and not old.ended)
    execute function epoch_touch('session', 'session_id');

create constraint trigger epoch_key after update or delete on signing_key
    deferrable initially deferred for each row
    execute function epoch_touch('key', 'kid');

-- Whether a second factor is asked for shows in the user.
create constraint trigger epoch_factor_begun after insert on two_factor
    deferrable initially deferred for each row
    when (new.enabled)
    execute function epoch_touch('view', 'user_id');
create constraint trigger epoch_factor_changed after update on two_factor
    deferrable initially deferred for each row
    when (new.enabled <> old.enabled)
    execute function epoch_touch('view', 'user_id');
create constraint trigger epoch_factor_gone after delete on two_factor
    deferrable initially deferred for each row
    when (old.enabled)
    execute function epoch_touch('view', 'user_id');

---- create above / drop below ----

drop trigger epoch_factor_gone on two_factor;
drop trigger epoch_factor_changed on two_factor;
drop trigger epoch_factor_begun on two_factor;
drop trigger epoch_key on signing_key;
drop trigger epoch_family on refresh_family;
drop trigger epoch_session_shown on session;
drop trigger epoch_session_gone on session;
{{ template "epoch/epoch_1_down.sql" . }}
