-- Whether the request was given up although Genesys may have taken its rows, or may still take
-- them. Other requests send these rows again. Until they do, an upload that is cancelled must not
-- report the rows as unsent, and an erasure must not delete their contacts too early.
alter table shipment add column doubtful boolean not null default false;
create index shipment_doubtful on shipment (tenant_id) where doubtful;
