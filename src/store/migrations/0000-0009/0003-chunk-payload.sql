-- The hash of a row's content is now computed when the chunk is delivered, because nothing needs
-- the hash earlier.
alter table chunk drop column content_hashes;
-- Digests do not compress. Trying to compress them costs processor time and gains nothing.
alter table chunk alter column id_digests set storage external;
alter table chunk alter column subject_digests set storage external;
