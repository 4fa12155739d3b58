-- When uploads that shared requests of the lane are checked again in Genesys. Uploads that end
-- within a minute share one check.
alter table lane add column looks_at timestamptz;
