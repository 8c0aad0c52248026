-- Where users have signed in before: hashes of a browser's own id, and of its place.

create table known_device (
    user_id    uuid        not null,
    mark       bytea       not null check (length(mark) = 32),
    first_seen timestamptz not null,
    last_seen  timestamptz not null,
    primary key (user_id, mark)
);
create index known_device_by_time on known_device (last_seen);

---- create above / drop below ----

drop table known_device;
