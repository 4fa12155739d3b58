-- Webhooks that Genesys sent. Each is verified and stored once, without its body.
create table webhook_receipt (
  id text collate "C" primary key,
  route text not null check (route in ('callback', 'event')),
  -- SHA-256 of the parts of the message that stay the same when Genesys sends the message again.
  -- record() skips a key that is already stored.
  key bytea not null unique,
  part_id text,
  job_id text,
  list_id text,
  status text check (status in ('success', 'error', 'in_progress')),
  processed integer,
  failed integer,
  body_digest bytea not null,
  state text not null check (state in ('received', 'verified', 'ignored')),
  reason text check (reason in ('progress', 'malformed', 'unknown', 'unsettled')),
  upload_id text,
  checks integer not null default 0,
  check_at timestamptz,
  received_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  check ((state = 'ignored') = (reason is not null)),
  check ((state = 'verified') = (upload_id is not null)),
  check (state <> 'received' or (job_id is not null and check_at is not null))
);
-- For sweep(): receipts whose check is overdue.
create index webhook_receipt_open on webhook_receipt (check_at) where state = 'received';
-- For sweep(): receipts that are past their retention.
create index webhook_receipt_old on webhook_receipt (received_at);
-- For load() of the receipts: the batches of a job.
create index batch_job on batch (job_id) where job_id is not null;
