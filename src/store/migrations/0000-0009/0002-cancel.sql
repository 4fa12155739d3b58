-- When a caller requested to cancel an upload, if Genesys may already have rows of it. The gateway
-- first finds out the outcome of those rows, and then cancels the upload.
alter table upload add column cancel_requested_at timestamptz;
