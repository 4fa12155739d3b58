-- The earlier upload whose file is the same, byte for byte. Also what Genesys shows of an upload
-- after its end.
alter table upload
  add column same_file_as text collate "C",
  -- null: nothing was delivered, so there is nothing to check.
  add column reconciliation jsonb,
  add column reconciled_at timestamptz,
  -- When the next check is due. null: none is.
  add column reconcile_at timestamptz,
  add column reconcile_tries integer not null default 0,
  add column reconcile_doubted boolean not null default false;
-- For stage(): the newest earlier upload of the same file. `source` never changes after staging, so
-- the settlement of a batch does not write to this index.
create index upload_same_file on upload (tenant_id, contact_list_id, (source ->> 'sha256'), accepted_seq);
-- For overdue(): reconciliations whose job was lost.
create index upload_reconcile on upload (reconcile_at) where reconcile_at is not null;
