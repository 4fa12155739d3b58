-- The digests of phones and emails by which suppressions are looked up have 16 bytes and their row; addresses are case-folded whole. Null: not made yet.
-- `subject_digests`, which had neither, is left to instances of the version before.
alter table chunk alter column subject_digests set default '';
alter table chunk add column subjects bytea;
alter table chunk alter column subjects set storage external;

-- Accepted rows that a do-not-call entry kept out at intake, in order: of each its row, the number of the submission, and the reason. They are left out too.
alter table chunk add column suppressed bytea not null default '';

-- By tenant: the suppression epochs before the first look-up of the upload's rows. Null: they were never looked up.
alter table upload add column suppression_epochs jsonb;

-- What was added since an epoch.
create index dnc_submission_epoch on dnc_submission (tenant_id, epoch);
