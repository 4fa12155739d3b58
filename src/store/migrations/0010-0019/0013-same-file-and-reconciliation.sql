-- The upload whose file this one's is, byte for byte; what Genesys shows of an upload after its end.
alter table upload
  add column same_file_as text collate "C",
  -- null = nothing was delivered, so there is nothing to look at.
  add column reconciliation jsonb,
  add column reconciled_at timestamptz,
  -- When it is looked at next; null = not pending.
  add column reconcile_at timestamptz,
  add column reconcile_tries integer not null default 0,
  add column reconcile_doubted boolean not null default false;
-- stage(): the newest earlier upload of the same file. The source never changes after staging, so settling batches leaves this alone.
create index upload_same_file on upload (tenant_id, contact_list_id, (source ->> 'sha256'), accepted_seq);
-- overdue(): reconciliations whose job was lost.
create index upload_reconcile on upload (reconcile_at) where reconcile_at is not null;
