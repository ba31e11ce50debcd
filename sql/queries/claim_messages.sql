-- Claims due messages of one queue: counts the attempt, leases them, and moves the expiry of the requests
-- of links so that the mailed link is alive when it arrives. Nothing is claimed while the outbox is paused.
-- Called by: Storage/StoredOutbox.
-- $1 queue (mail, suspects, events), $2 at most so many, $3 lease in seconds, $4 token lifetime in seconds,
-- $5, $6 and $7 seconds after which links, notices and events are given up.
-- A lease that was never ended is a lost attempt. Each queue has an index of its own, and the queues not
-- asked for are not read. statement_timestamp() is stable, so the index finds what is due without reading
-- what waits; num_nulls() keeps the partial index of live accounts, whose plans from an empty day read all
-- of it, out of this.
-- Messages first, then requests in the order of their ids: the order that everyone takes locks in.
WITH mail AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE $1::text = 'mail' AND NOT EXISTS (SELECT FROM rekey.outbox_pause)
    AND o.dead_at IS NULL AND o.leased_until IS NULL AND o.kind <> 'event' AND o.run_at <= statement_timestamp()
  ORDER BY o.run_at
  LIMIT $2::int
  FOR UPDATE SKIP LOCKED
), suspects AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE $1::text = 'suspects' AND NOT EXISTS (SELECT FROM rekey.outbox_pause)
    AND o.dead_at IS NULL AND o.leased_until IS NOT NULL AND o.kind <> 'event' AND o.run_at <= statement_timestamp()
  ORDER BY o.run_at
  LIMIT $2::int
  FOR UPDATE SKIP LOCKED
), events AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE $1::text = 'events' AND NOT EXISTS (SELECT FROM rekey.outbox_pause)
    AND o.dead_at IS NULL AND o.kind = 'event' AND o.run_at <= statement_timestamp()
  ORDER BY o.run_at
  LIMIT $2::int
  FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE rekey.outbox o
  SET attempt = o.attempt + 1,
      lost = o.lost + CASE WHEN o.leased_until IS NULL THEN 0 ELSE 1 END,
      leased_until = clock_timestamp() + make_interval(secs => $3::int),
      run_at = clock_timestamp() + make_interval(secs => $3::int)
  WHERE o.id = ANY (ARRAY(
    SELECT m.id FROM mail m UNION ALL SELECT s.id FROM suspects s UNION ALL SELECT e.id FROM events e))
  RETURNING o.id, o.request_id, o.kind, o.attempt, o.failures, o.lost, o.queued_at, o.event, o.cause
), locked AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT c.request_id FROM claimed c WHERE c.kind = 'link'))
  ORDER BY r.id
  FOR UPDATE OF r
), renewed AS (
  UPDATE rekey.reset_request r
  SET expires_at = greatest(r.expires_at, clock_timestamp() + make_interval(secs => $4::int))
  WHERE r.id = ANY (ARRAY(SELECT l.id FROM locked l))
    AND num_nulls(r.consumed_at, r.revoked_at) = 2
    AND r.created_at > clock_timestamp() - make_interval(secs => $5::int)
  RETURNING r.id, r.sealed, r.kid
)
SELECT c.id, c.kind, c.attempt, c.failures, c.lost, c.request_id,
       CASE WHEN c.kind IN ('link', 'no_account') THEN coalesce(r.created_at, c.queued_at) ELSE c.queued_at END AS queued_at,
       c.event, c.cause, coalesce(n.sealed, r.sealed) AS sealed, coalesce(n.kid, r.kid) AS kid, r.caller,
       s.address_key IS NOT NULL AS suppressed,
       CASE
         WHEN n.id IS NOT NULL THEN 'ready'
         WHEN r.id IS NULL THEN 'orphan'
         WHEN c.kind IN ('link', 'no_account') AND num_nulls(r.consumed_at, r.revoked_at) < 2 THEN 'revoked'
         WHEN c.kind IN ('link', 'no_account') AND r.created_at <= clock_timestamp() - make_interval(secs => $5::int)
           OR c.kind = 'changed' AND c.queued_at <= clock_timestamp() - make_interval(secs => $6::int)
           OR c.kind = 'event' AND c.queued_at <= clock_timestamp() - make_interval(secs => $7::int) THEN 'expired'
         WHEN c.kind = 'link' THEN 'revoked'
         ELSE 'ready'
       END AS state,
       clock_timestamp() AS now
FROM claimed c
LEFT JOIN renewed n ON n.id = c.request_id AND c.kind = 'link'
LEFT JOIN rekey.reset_request r ON r.id = c.request_id
LEFT JOIN rekey.suppression s ON s.address_key = r.address_key AND s.expires_at > statement_timestamp()
