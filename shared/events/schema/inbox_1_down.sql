drop table inbox_parked;
drop table inbox_cursor;
