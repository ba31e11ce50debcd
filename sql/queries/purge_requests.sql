-- Deletes one batch of requests past their time, with their dead letters. Live ones and those whose
-- message is still to be sent stay. Messages first: the order that everyone takes locks in.
-- Called by: Storage/Purger, until a batch deletes nothing.
-- $1 requests made before this moment, $2 at most so many.
WITH doomed AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.created_at < $1::timestamptz
    AND (r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL OR r.expires_at <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM rekey.outbox o WHERE o.request_id = r.id AND o.dead_at IS NULL)
  ORDER BY r.id
  LIMIT $2::int
  FOR UPDATE OF r SKIP LOCKED
), letters AS (
  DELETE FROM rekey.outbox o
  WHERE o.request_id = ANY (ARRAY(SELECT d.id FROM doomed d)) AND o.dead_at IS NOT NULL
  RETURNING o.id
), gone AS (
  DELETE FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT d.id FROM doomed d))
  RETURNING r.id
)
SELECT (SELECT count(*) FROM gone) AS requests, (SELECT count(*) FROM letters) AS messages
