-- When uploads that shared requests of the lane are looked at again in Genesys together: those that end within a minute have one look.
alter table lane add column looks_at timestamptz;
