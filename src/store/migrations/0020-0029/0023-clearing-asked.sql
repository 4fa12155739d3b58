-- 'asked': the gateway called Genesys to clear the list, but Genesys does not show the list as
-- cleared yet. Genesys may clear it later.
alter table upload drop constraint upload_clearing_check;
alter table upload add constraint upload_clearing_check check (clearing in ('intended', 'asked', 'done'));

alter table upload drop constraint upload_hold_reason_check;
alter table upload add constraint upload_hold_reason_check check (hold_reason in ('apply', 'list_not_ready', 'list_clearing',
  'genesys_unavailable', 'dnc_unavailable', 'not_before', 'list_error', 'refusals', 'import_unproven', 'dnc_stale'));

-- For next() and claim(): held or paused uploads for which Genesys may still clear the list. While
-- there is such an upload, nothing is sent to its list.
create index upload_clears_late on upload (lane_key) where clearing = 'asked' and state in ('held', 'paused');
