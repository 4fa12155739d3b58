-- For claim() of the subscriptions: recent uploads with delivered rows, for which an event should
-- have arrived.
create index upload_delivered on upload (completed_at) where rows_delivered > 0;
