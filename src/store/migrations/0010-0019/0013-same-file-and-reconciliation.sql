-- The earlier upload with the same file, byte for byte. Also whether Genesys shows the delivered
-- rows after the end of the upload.
alter table upload
  add column same_file_as text collate "C",
  -- null: the upload has not ended, or is not checked (for example because it delivered nothing).
  add column reconciliation jsonb,
  add column reconciled_at timestamptz,
  -- When the next check is due. null: no check is due.
  add column reconcile_at timestamptz,
  add column reconcile_tries integer not null default 0,
  add column reconcile_doubted boolean not null default false;
-- For stage(): the newest earlier upload of the same file. `source` never changes after staging, so
-- the settlement of a batch does not write to this index.
create index upload_same_file on upload (tenant_id, contact_list_id, (source ->> 'sha256'), accepted_seq);
-- For overdue(): reconciliations whose job was lost.
create index upload_reconcile on upload (reconcile_at) where reconcile_at is not null;
