-- A rotation changes a family in its place: no index covers what it changes, and pages keep
-- room for the next version. What has expired goes when its session begins a new family, or
-- ends.
drop index refresh_family_by_expiry;
alter table refresh_family set (fillfactor = 70);

---- create above / drop below ----

alter table refresh_family reset (fillfactor);
create index refresh_family_by_expiry on refresh_family (expires_at);
