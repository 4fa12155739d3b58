-- An instance that was killed between completing an erasure and releasing it left the erasure
-- ready. The erasure was then claimed again and again, although its person is no longer stored.
update erasure set ready_at = 'infinity' where completed_at is not null and ready_at < 'infinity';
