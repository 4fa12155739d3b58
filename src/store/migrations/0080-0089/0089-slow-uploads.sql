-- For uploadsBehind(): uploads that began long before a period and ended in it or later. There are
-- few of them, but an index of only the ends would also contain every other upload since the period
-- began. The statement must use the same expression.
create index upload_slow on upload (completed_at) where completed_at - created_at > interval '1 hour';
