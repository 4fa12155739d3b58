-- For retention, which looks every ten minutes for what is past its time. Usually nothing is. Without
-- these indexes it read the whole table to find that out. A delivery or a file ends after it was
-- made, so what was made lately need not be read. Neither time changes, so a step of the work writes
-- nothing to these indexes.
create index sync_delivery_created on sync_delivery (created_at);
create index guest_file_created on guest_file (created_at);
-- Also for submissions that created nothing.
drop index dnc_submission_applied;
create index dnc_submission_applied on dnc_submission (applied_at) where applied_at is not null;
