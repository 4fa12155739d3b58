-- How often Genesys answered that it does not delete this contact, for whatever reason. The waits of
-- the contact grow with this number. `attempts` of the erasure counts only outages in a row.
alter table erasure_contact add column failures int not null default 0;
update erasure_contact set failures = refusals;
