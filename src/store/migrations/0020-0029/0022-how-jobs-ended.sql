-- How the request with the batch ended in Genesys, according to its job, its import or the answer.
-- null: nothing was sent, the end is unknown, or an older version settled the batch.
alter table batch add column ended text check (ended in ('completed', 'failed', 'lost'));

-- A webhook may report a result that differs from Genesys' answer to the gateway's own check.
alter table webhook_receipt drop constraint webhook_receipt_state_check;
alter table webhook_receipt add constraint webhook_receipt_state_check
  check (state in ('received', 'verified', 'contradicted', 'ignored'));
alter table webhook_receipt drop constraint webhook_receipt_check1;
alter table webhook_receipt add constraint webhook_receipt_upload
  check ((state in ('verified', 'contradicted')) = (upload_id is not null));
