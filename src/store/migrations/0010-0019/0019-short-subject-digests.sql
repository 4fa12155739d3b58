-- The first 8 bytes of each digest of 16: enough to find a person's chunks by, and a quarter less of what is written for a row.
update chunk set subject_digests = coalesce((
  select string_agg(substr(subject_digests, at * 16 + 1, 8), ''::bytea order by at)
  from generate_series(0, length(subject_digests) / 16 - 1) as at), ''::bytea)
where length(subject_digests) > 0;
