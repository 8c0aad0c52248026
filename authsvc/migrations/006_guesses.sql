-- Wrong guesses at what accounts keep secret, by a keyed hash of whom they were aimed at.

create table guess (
    key        bytea       primary key check (length(key) = 32),
    count      integer     not null,
    counted_at timestamptz not null,
    open_at    timestamptz not null -- the next guess counts from then on
);
create index guess_by_time on guess (counted_at);

---- create above / drop below ----

drop table guess;
