-- The earliest time at which one of the people asked not to be called, as the entries state. null:
-- the entries do not state this, so the time of the acceptance counts.
alter table dnc_submission add column oldest_received_at timestamptz;
