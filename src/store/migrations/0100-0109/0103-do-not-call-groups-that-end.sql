-- For retention. Without these indexes, the deletion of a submission read the whole table of groups
-- once for the submission, and once more for each of its groups.
create index dnc_group_of_submission on dnc_group (submission);
create index dnc_group_predecessor on dnc_group (predecessor_id) where predecessor_id is not null;
