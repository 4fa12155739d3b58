-- How many tries of the request bring no more rows to Genesys. Either Genesys refused the try, or
-- the job of the request has ended. An erasure does not wait for a request of which all tries are
-- closed, if its upload is paused or held. `ended_job_id` is no longer read.
alter table shipment add column closed_tries int not null default 0;
update shipment set closed_tries = attempts where job_id = ended_job_id and state in ('intended', 'sent');
