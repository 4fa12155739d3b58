-- Why an entry failed: the code of Genesys, or `override-needed` for a removal. null: the entry has
-- not failed, or Genesys gave no reason. An entry to add suppresses in either case.
alter table dnc_entry add column failed_code text;
-- All entries of a request are of one kind.
alter table dnc_group add column subject_kind smallint not null default 1;
-- For nextGroup(): the open request of a submission.
create index dnc_group_open on dnc_group (submission) where state in ('intended', 'sent');
-- For claim(): the ready lane that has waited longest.
create index dnc_list_lane_ready on dnc_list_lane (ready_at) where ready_at < 'infinity';
-- For nextGroup(): the submissions of a list that have entries to send.
create index dnc_submission_sending on dnc_submission (dnc_list_id, number) where state in ('applying', 'held');
-- For nextGroup(): the next entries to send.
create index dnc_entry_pending on dnc_entry (submission, chunk_seq, place) where outcome is null and not quarantined;
