-- The digests of phones and emails by which suppressions are looked up, of 16 bytes each, with the
-- number of the row. The case of a whole email address is folded first. null: not computed yet.
-- `subject_digests`, which has neither row numbers nor folded addresses, is now only for instances
-- of the previous version.
alter table chunk alter column subject_digests set default '';
alter table chunk add column subjects bytea;
alter table chunk alter column subjects set storage external;

-- The accepted rows that a do-not-call entry suppressed at intake, in order: for each its row, the
-- number of the submission, and the reason. These rows also count as left out.
alter table chunk add column suppressed bytea not null default '';

-- By tenant: the suppression epochs before the first look-up of the upload's rows. null: the rows
-- were never looked up.
alter table upload add column suppression_epochs jsonb;

-- For reading what was added since an epoch.
create index dnc_submission_epoch on dnc_submission (tenant_id, epoch);
