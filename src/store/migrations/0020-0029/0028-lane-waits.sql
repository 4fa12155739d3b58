-- Why the lane sends nothing: what its holder waits for, and since when. Also until when that
-- counts. The holder repeats it before that time, if it has not crashed.
alter table lane add column waits_for text, add column waits_since timestamptz, add column waits_until timestamptz;
