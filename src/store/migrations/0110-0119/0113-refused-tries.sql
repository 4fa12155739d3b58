-- How many tries of the request Genesys refused, so that it took no row of them. A try that an
-- earlier version made does not count, so its rows stay in doubt.
alter table shipment add column refused_tries int not null default 0;
