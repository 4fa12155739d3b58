-- For list(): a tenant's submissions, newest first.
create index dnc_submission_newest on dnc_submission (tenant_id, id desc);
-- For sweepReceiving() and bind(): the unfinished submissions, which are few compared with the
-- finished ones.
create index dnc_submission_open on dnc_submission (state) where state in ('receiving', 'applying', 'held');
