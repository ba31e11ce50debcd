-- Extends the leases of messages whose transfer is still running, and tells which are still held.
-- Fenced by the attempt.
-- Called by: Storage/StoredOutbox.
-- $1 message ids, $2 attempts, $3 lease in seconds.
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::int[]) AS i(id, attempt)
), held AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o JOIN input i ON i.id = o.id AND i.attempt = o.attempt
  WHERE o.dead_at IS NULL AND o.leased_until IS NOT NULL
  ORDER BY o.id
  FOR UPDATE OF o
)
UPDATE rekey.outbox o
SET leased_until = clock_timestamp() + make_interval(secs => $3::int),
    run_at = clock_timestamp() + make_interval(secs => $3::int)
WHERE o.id = ANY (ARRAY(SELECT h.id FROM held h))
RETURNING o.id
