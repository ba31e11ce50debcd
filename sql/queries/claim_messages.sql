-- Claims due messages: counts the attempt, leases them, and moves their requests' expiry so that the
-- mailed link is alive when it arrives.
-- Called by: Storage/StoredOutbox.
-- $1 at most so many, $2 lease in seconds, $3 token lifetime in seconds, $4 seconds after which a message is given up.
-- statement_timestamp() is stable, so the index finds what is due without reading what waits; num_nulls()
-- keeps the partial index of live accounts, whose plans from an empty day read all of it, out of this.
-- Messages first, then requests in the order of their ids: the order that everyone takes locks in.
WITH due AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE o.dead_at IS NULL AND o.run_at <= statement_timestamp()
  ORDER BY o.run_at
  LIMIT $1::int
  FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE rekey.outbox o
  SET attempt = o.attempt + 1,
      leased_until = clock_timestamp() + make_interval(secs => $2::int),
      run_at = clock_timestamp() + make_interval(secs => $2::int)
  WHERE o.id = ANY (ARRAY(SELECT d.id FROM due d))
  RETURNING o.id, o.request_id, o.kind, o.attempt
), locked AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT c.request_id FROM claimed c))
  ORDER BY r.id
  FOR UPDATE OF r
), renewed AS (
  UPDATE rekey.reset_request r
  SET expires_at = greatest(r.expires_at, clock_timestamp() + make_interval(secs => $3::int))
  WHERE r.id = ANY (ARRAY(SELECT l.id FROM locked l))
    AND num_nulls(r.consumed_at, r.revoked_at) = 2
    AND r.created_at > clock_timestamp() - make_interval(secs => $4::int)
  RETURNING r.id, r.sealed, r.kid, r.caller, r.created_at, r.expires_at
)
SELECT c.id, c.kind, c.attempt, c.request_id, n.sealed, n.kid, n.caller, n.created_at, n.expires_at,
       CASE
         WHEN n.id IS NOT NULL THEN 'ready'
         WHEN r.id IS NULL THEN 'orphan'
         WHEN r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL THEN 'revoked'
         ELSE 'expired'
       END AS state,
       clock_timestamp() AS now
FROM claimed c
LEFT JOIN renewed n ON n.id = c.request_id
LEFT JOIN rekey.reset_request r ON r.id = c.request_id
