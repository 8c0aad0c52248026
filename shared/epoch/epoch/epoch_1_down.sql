drop function epoch_touch() cascade;
drop table epoch_holder;
drop table epoch_entry;
drop table epoch_head;
