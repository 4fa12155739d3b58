-- A lane without work is never ready. Otherwise a claim, which reads lane_ready in order, would
-- read every list that was ever used.
update lane set ready_at = 'infinity' where lease_until is null
  and not exists (select from upload where lane_key = lane.key and state in ('staged', 'delivering', 'awaiting_completion'));
