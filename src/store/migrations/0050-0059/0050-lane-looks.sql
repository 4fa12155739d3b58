-- When the gateway checks uploads of the lane that shared requests again in Genesys. Uploads that
-- end within a minute share one check.
alter table lane add column looks_at timestamptz;
