-- A list that Genesys was asked to clear and does not show as cleared yet: it clears late.
alter table upload drop constraint upload_clearing_check;
alter table upload add constraint upload_clearing_check check (clearing in ('intended', 'asked', 'done'));

alter table upload drop constraint upload_hold_reason_check;
alter table upload add constraint upload_hold_reason_check check (hold_reason in ('apply', 'list_not_ready', 'list_clearing',
  'genesys_unavailable', 'dnc_unavailable', 'not_before', 'list_error', 'refusals', 'import_unproven', 'dnc_stale'));

-- next(), claim(): nothing is sent to a list that may still be wiped while the upload that asked for it waits aside.
create index upload_clears_late on upload (lane_key) where clearing = 'asked' and state in ('held', 'paused');
