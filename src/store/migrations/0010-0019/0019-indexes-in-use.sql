-- Removes indexes that no statement needs. Nothing reads unchained entries. sweepReceiving() finds
-- the few uploads that are being received by upload_open. So a heartbeat no longer writes to an
-- index.
drop index audit_entry_unchained;
drop index upload_receiving;
-- If an index has a condition on rows_delivered, each settled batch writes to every index of its
-- upload.
drop index upload_delivered;
-- For claim() of the subscriptions: recent uploads, for which an event should have arrived.
create index upload_completed on upload (completed_at) where completed_at is not null;
