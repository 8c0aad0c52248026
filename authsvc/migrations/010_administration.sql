-- Users who are being deleted: from the decision until nothing of them is left here.
create table removal (
    id       uuid        primary key, -- of the user
    actor    text        not null,
    begun_at timestamptz not null
);

-- Sessions that an administrator has opened as somebody else, and why.
alter table session
    add column impersonated_by uuid,
    add column impersonation_reason text not null default '';
create index session_by_impersonator on session (impersonated_by) where impersonated_by is not null;

---- create above / drop below ----

drop index session_by_impersonator;
alter table session
    drop column impersonation_reason,
    drop column impersonated_by;
drop table removal;
