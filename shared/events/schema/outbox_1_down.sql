drop table outbox_reader;
drop table outbox_head;
drop table outbox;
