-- `closed_tries` replaced this column (0104). Nothing has read or written it since then.
alter table shipment drop column ended_job_id;
