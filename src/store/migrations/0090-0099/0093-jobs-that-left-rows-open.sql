-- The last job of the request that ended and left the request open, because its rows may be sent
-- again. If it is the same as `job_id`, the request brings no more rows to Genesys. An erasure then
-- does not wait for the request.
alter table shipment add column ended_job_id text;
