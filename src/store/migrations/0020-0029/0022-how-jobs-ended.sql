-- How Genesys ended what carried the batch (a job, an import, or the answer itself); null: nothing was sent, nobody knows, or an older version settled it.
alter table batch add column ended text check (ended in ('completed', 'failed', 'lost'));

-- A webhook may say another thing than Genesys does when it is asked.
alter table webhook_receipt drop constraint webhook_receipt_state_check;
alter table webhook_receipt add constraint webhook_receipt_state_check
  check (state in ('received', 'verified', 'contradicted', 'ignored'));
alter table webhook_receipt drop constraint webhook_receipt_check1;
alter table webhook_receipt add constraint webhook_receipt_upload
  check ((state in ('verified', 'contradicted')) = (upload_id is not null));
