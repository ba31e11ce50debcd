-- Deletes one batch of dead letters whose request is past its time, before whole days are dropped.
-- Called by: Storage/Purger.
-- $1 requests made before this moment, $2 at most so many.
WITH doomed AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  JOIN rekey.reset_request r ON r.id = o.request_id
  WHERE o.dead_at IS NOT NULL AND r.created_at < $1::timestamptz
    AND (r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL OR r.dropped_at IS NOT NULL
         OR r.expires_at <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM rekey.outbox p WHERE p.request_id = o.request_id AND p.dead_at IS NULL)
  LIMIT $2::int
  FOR UPDATE OF o SKIP LOCKED
)
DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT d.id FROM doomed d))
