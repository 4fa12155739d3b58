-- Shows how fast an upload's rows are settled, by two marks and the last settlement. The newer mark
-- is made at least a minute after the older one. The rate is computed from the older mark to the
-- last settlement, so it covers one to two minutes. After a long pause the marks start again.
alter table upload add column mark_rows integer, add column mark_at timestamptz, add column next_mark_rows integer,
  add column next_mark_at timestamptz, add column settled_at timestamptz;
