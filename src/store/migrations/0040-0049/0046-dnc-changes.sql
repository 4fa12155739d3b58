-- Genesys also reports changes that people make to a DNC list. Such a receipt counts without a
-- check, because no API call of Genesys could confirm the change.
alter table webhook_receipt drop constraint webhook_receipt_route_check;
alter table webhook_receipt add constraint webhook_receipt_route_check check (route in ('callback', 'event', 'dnc'));
alter table webhook_receipt drop constraint webhook_receipt_state_check;
alter table webhook_receipt add constraint webhook_receipt_state_check
  check (state in ('received', 'verified', 'contradicted', 'ignored', 'taken'));
alter table webhook_receipt add constraint webhook_receipt_taken check ((state = 'taken') = (route = 'dnc' and list_id is not null));
-- For claim() of subscriptions: whether entries were stored since the last event that reported such
-- a change.
create index dnc_submission_applied on dnc_submission (applied_at) where created > 0;
create index webhook_receipt_dnc on webhook_receipt (received_at) where route = 'dnc';
