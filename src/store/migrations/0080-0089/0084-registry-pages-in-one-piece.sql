-- A page of numbers fits into one page of the database. By default, a row over two kilobytes is cut
-- into pieces, and each piece needs four searches in another index. Pages that were stored before
-- do not change.
alter table registry_page set (toast_tuple_target = 8160);
