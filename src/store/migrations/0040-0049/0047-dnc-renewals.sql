-- The platform takes expiries of 180 days at the most: whose entries hold for longer is sent again before Genesys forgets them.
-- Whether the group was sent with an earlier expiry than its people have here.
alter table dnc_group add column cut boolean not null default false;
-- Whether it sends people again who are at Genesys already.
alter table dnc_group add column renews boolean not null default false;
-- When its people are to be sent again; null: never.
alter table dnc_group add column renew_at timestamptz;
-- nextRenewal(): what lapses first.
create index dnc_group_renew on dnc_group (renew_at) where renew_at is not null;
