-- Why nothing of the lane is on its way: what its holder waits for, since when, and until when that is believed unless it is said again (it may have crashed).
alter table lane add column waits_for text, add column waits_since timestamptz, add column waits_until timestamptz;
