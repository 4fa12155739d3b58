-- Removes indexes that no statement needs. Nothing reads unchained entries. sweepReceiving() finds
-- the few uploads that are being received by upload_open, so a heartbeat need not change an index.
drop index audit_entry_unchained;
drop index upload_receiving;
-- With a condition on rows_delivered, each settled batch would write to every index of its upload.
drop index upload_delivered;
-- For claim() of the subscriptions: recent uploads, for which an event should have arrived.
create index upload_completed on upload (completed_at) where completed_at is not null;
