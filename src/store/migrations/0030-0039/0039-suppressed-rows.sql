-- The digests by which suppressions of phones and email addresses are looked up. Each digest has 16
-- bytes, and the number of its row is stored with it. The digest of an email address is made after
-- folding the case of the whole address. null: not computed yet. `subject_digests`, which has
-- neither row numbers nor folded addresses, is now only for instances of the previous version.
alter table chunk alter column subject_digests set default '';
alter table chunk add column subjects bytea;
alter table chunk alter column subjects set storage external;

-- The valid rows that were suppressed at intake, in order. For each: its row, the number of the
-- submission with the entry, and the reason. Later versions also store rows that an edition
-- suppresses (with the number of the edition), and rows without consent. These rows are also in
-- `left_out`.
alter table chunk add column suppressed bytea not null default '';

-- By tenant: the suppression epochs before the first look-up of the upload's rows. null: the rows
-- were never looked up.
alter table upload add column suppression_epochs jsonb;

-- For reading the submissions that were accepted since an epoch.
create index dnc_submission_epoch on dnc_submission (tenant_id, epoch);
