-- A sealed answer cannot be compressed, and with 2 KB it was a little too long for its row. So it
-- was cut into pieces in another table with another index. For a small upload, that cost twice as
-- much as the row itself.
alter table idempotency_key alter column sealed_body set storage external;
alter table idempotency_key set (toast_tuple_target = 8160);
