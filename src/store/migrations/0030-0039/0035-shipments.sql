-- A shipment is one request to Genesys: rows of one upload, or of several uploads of a tenant that
-- follow each other in a lane. Its batches have an order. In the answer of a job, Genesys names a
-- row by its index in that order. Each file part becomes a shipment, and so does each batch that
-- was its own request.
alter table delivery_part rename to shipment;
alter index delivery_part_pkey rename to shipment_pkey;
alter index delivery_part_job rename to shipment_job;
alter table shipment
  add column lane_key text,
  add column tenant_id text,
  -- The order in which shipments were written.
  add column number bigint generated always as identity;
update shipment set lane_key = upload.lane_key, tenant_id = upload.tenant_id from upload where upload.id = shipment.upload_id;
alter table shipment drop constraint delivery_part_method_check;
alter table shipment drop column upload_id, drop column seq;

alter table batch rename column part_id to shipment_id;
alter index batch_part rename to batch_shipment;
-- The place of the batch's rows in its shipment, counted from 0.
alter table batch add column place integer not null default 0;
update batch set place = ordered.place from (
    select id, row_number() over (partition by shipment_id order by chunk_seq, from_row) - 1 as place
    from batch where shipment_id is not null) as ordered
  where ordered.id = batch.id;
insert into shipment (id, lane_key, tenant_id, method, state, job_id, rows, bytes, attempts, created_at, settled_at)
  select batch.id, lane_key, tenant_id, 'batches', batch.state, job_id, bit_count(sent), 0, attempts, batch.created_at, batch.settled_at
  from batch join upload on upload.id = batch.upload_id where shipment_id is null order by batch.created_at;
update batch set shipment_id = id where shipment_id is null;
drop index batch_job;
alter table batch drop column job_id, drop column attempts;

alter table shipment
  alter column lane_key set not null,
  alter column tenant_id set not null,
  add check (method in ('batches', 'file', 'callback'));
