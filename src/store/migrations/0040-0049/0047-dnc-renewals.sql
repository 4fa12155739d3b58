-- The platform accepts expiries of at most 180 days. An entry that lasts longer is sent again
-- before Genesys forgets it. `cut`: the group was sent with an earlier expiry than its entries
-- have.
alter table dnc_group add column cut boolean not null default false;
-- Whether the group sends people again who are already in Genesys.
alter table dnc_group add column renews boolean not null default false;
-- When its people must be sent again. null: never.
alter table dnc_group add column renew_at timestamptz;
-- For nextRenewal(): the group that must be sent again first.
create index dnc_group_renew on dnc_group (renew_at) where renew_at is not null;
