-- 'asked': Genesys was asked to clear the list, but does not yet show it as cleared, because it
-- clears late.
alter table upload drop constraint upload_clearing_check;
alter table upload add constraint upload_clearing_check check (clearing in ('intended', 'asked', 'done'));

alter table upload drop constraint upload_hold_reason_check;
alter table upload add constraint upload_hold_reason_check check (hold_reason in ('apply', 'list_not_ready', 'list_clearing',
  'genesys_unavailable', 'dnc_unavailable', 'not_before', 'list_error', 'refusals', 'import_unproven', 'dnc_stale'));

-- For next() and claim(): if an upload that asked to clear the list is held or paused, nothing is
-- sent to that list, because Genesys may still clear it.
create index upload_clears_late on upload (lane_key) where clearing = 'asked' and state in ('held', 'paused');
