-- A cancellation asked for while Genesys may have rows of the upload: it is drained first, then it is cancelled.
alter table upload add column cancel_requested_at timestamptz;
