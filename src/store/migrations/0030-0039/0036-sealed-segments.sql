-- The rules of segments are no longer stored in the clear, because their values may name people.
-- SQL has no access to the encryption keys, so the same start seals the present rules after the
-- migrations (src/store/segments/seal-segments.ts).
alter table segment_version
  add column sealed bytea,
  alter column content drop not null,
  alter column analysis drop not null,
  add check ((sealed is null) = (content is not null and analysis is not null));
