-- list(): a tenant's submissions, newest first.
create index dnc_submission_newest on dnc_submission (tenant_id, id desc);
-- sweepReceiving() and bind(): the unfinished ones, few beside the finished.
create index dnc_submission_open on dnc_submission (state) where state in ('receiving', 'applying', 'held');
