-- Indexes that no statement needs: nothing reads unchained entries, and sweepReceiving() finds the few being received by upload_open, whose
-- heartbeats need not move in an index.
drop index audit_entry_unchained;
drop index upload_receiving;
-- A condition on rows_delivered made each settled batch write to every index of its upload.
drop index upload_delivered;
-- claim() of the subscriptions: uploads that ended lately, of which an event should have come.
create index upload_completed on upload (completed_at) where completed_at is not null;
