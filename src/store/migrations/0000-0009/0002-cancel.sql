-- When a caller asked to cancel an upload of which Genesys may have rows. The gateway first finds
-- out the outcome of those rows, and then cancels the upload.
alter table upload add column cancel_requested_at timestamptz;
