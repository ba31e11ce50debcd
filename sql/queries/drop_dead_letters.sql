-- Deletes one batch of dead letters, longest dead first, and marks the requests of links that were never
-- sent as dismissed. A request that is consumed keeps that as its end.
-- Called by: Storage/Operators/DropDeadLetters, until a batch is empty.
-- $1 message or request ids or null, $2 cause or its beginning or null, $3 dead not later than this,
-- $4 dead later than this, $5 at most so many.
-- Messages first, then requests in the order of their ids: the order that everyone takes locks in.
WITH chosen AS MATERIALIZED (
  SELECT o.id, o.request_id, o.kind
  FROM rekey.outbox o
  WHERE o.dead_at IS NOT NULL
    AND ($1::uuid[] IS NULL OR o.id = ANY ($1::uuid[]) OR o.request_id = ANY ($1::uuid[]))
    AND ($2::text IS NULL OR starts_with(o.last_error, $2::text))
    AND o.dead_at <= $3::timestamptz AND o.dead_at > $4::timestamptz
  ORDER BY o.dead_at, o.id
  LIMIT $5::int
  FOR UPDATE SKIP LOCKED
), unsent AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT c.request_id FROM chosen c WHERE c.kind = 'link'))
  ORDER BY r.id
  FOR UPDATE OF r
), marked AS (
  UPDATE rekey.reset_request r
  SET dropped_at = clock_timestamp(), drop_reason = 'dismissed'
  WHERE r.id = ANY (ARRAY(SELECT u.id FROM unsent u))
    AND r.sent_at IS NULL AND r.consumed_at IS NULL AND r.dropped_at IS NULL
), gone AS (
  DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT c.id FROM chosen c))
)
SELECT c.id, c.request_id FROM chosen c
