-- claim() of the subscriptions: uploads that ended lately with delivered rows, of which an event should have come.
create index upload_delivered on upload (completed_at) where rows_delivered > 0;
