-- When the gateway next reconciles uploads of the lane that shared requests. Uploads that end
-- within a minute share one check in Genesys.
alter table lane add column looks_at timestamptz;
