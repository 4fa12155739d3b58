-- The rules of segments no longer lie in the clear: their literals may name persons. SQL has no keys; what is stored so far is sealed by
-- the next start (src/store/segments/seal-segments.ts).
alter table segment_version
  add column sealed bytea,
  alter column content drop not null,
  alter column analysis drop not null,
  add check ((sealed is null) = (content is not null and analysis is not null));
