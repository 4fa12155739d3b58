-- Why the lane sends nothing: what its holder waits for, and since when. Also until when this
-- information is valid. A holder that has not crashed renews it before that time.
alter table lane add column waits_for text, add column waits_since timestamptz, add column waits_until timestamptz;
