-- uploadsBehind(): uploads that began long before a period and ended in it. There are few of them, but an index on ends alone has every upload
-- since then. The expression is the one that the statement has.
create index upload_slow on upload (completed_at) where completed_at - created_at > interval '1 hour';
