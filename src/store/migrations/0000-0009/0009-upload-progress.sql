-- How fast an upload's rows are settled: two marks, the newer at least a minute after the older, and the last settlement. The rate is
-- reckoned from the older mark to the last settlement, so it spans one to two minutes; a long silence begins anew.
alter table upload add column mark_rows integer, add column mark_at timestamptz, add column next_mark_rows integer,
  add column next_mark_at timestamptz, add column settled_at timestamptz;
