-- Claims due messages of one queue: counts the attempt, leases them, and moves the expiry of the requests
-- of links so that the mailed link is alive when it arrives. Nothing is claimed while the outbox is paused.
-- Called by: Storage/StoredOutbox.
-- $1 queue (mail, suspects, events), $2 at most so many, $3 lease in seconds, $4 token lifetime in seconds,
-- $5, $6 and $7 seconds after which links, notices and events are given up, $8 how many links of an account
-- stay live.
-- A lease that was never ended is a lost attempt, which may have arrived: from then on the link only expires.
-- Each queue has an index of its own, and the queues not asked for are not read. statement_timestamp() is
-- stable, so the index finds what is due without reading what waits.
-- A request that somebody else holds locked is passed over: its message is due again a second later.
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
), due AS MATERIALIZED (
  SELECT o.*, o.leased_until IS NOT NULL AS was_lost,
         r.id IS NULL AS is_orphan, r.caller, r.sealed, r.kid, r.created_at, s.address_key IS NOT NULL AS suppressed,
         o.kind IN ('link', 'no_account') AND (r.consumed_at IS NOT NULL OR r.created_at <= a.revoked_before
           OR a.mailed[$8::int] > r.created_at) IS TRUE AS is_revoked,
         CASE WHEN o.kind IN ('link', 'no_account') THEN r.created_at <= clock_timestamp() - make_interval(secs => $5::int)
              WHEN o.kind = 'changed' THEN o.queued_at <= clock_timestamp() - make_interval(secs => $6::int)
              ELSE o.queued_at <= clock_timestamp() - make_interval(secs => $7::int)
         END AS is_over,
         o.kind = 'link' AND (r.maybe_arrived_at IS NOT NULL OR o.leased_until IS NOT NULL)
           AND r.expires_at <= clock_timestamp() AS has_expired,
         -- A second less of life is not worth writing the row again.
         o.kind = 'link' AND r.maybe_arrived_at IS NULL AND (o.leased_until IS NOT NULL
           OR r.expires_at < clock_timestamp() + make_interval(secs => $4::int - 1)) AS is_to_be_moved
  FROM rekey.outbox o
  LEFT JOIN rekey.reset_request r ON r.id = o.request_id
  LEFT JOIN rekey.account a ON a.key = coalesce(r.account_key, r.address_key)
  LEFT JOIN rekey.suppression s ON s.address_key = r.address_key AND s.expires_at > statement_timestamp()
  WHERE o.id = ANY (ARRAY(
    SELECT m.id FROM mail m UNION ALL SELECT s.id FROM suspects s UNION ALL SELECT e.id FROM events e))
), movable AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(
    SELECT d.request_id FROM due d WHERE d.is_to_be_moved AND NOT (d.is_revoked OR d.is_over)))
  FOR UPDATE SKIP LOCKED
), moved AS (
  UPDATE rekey.reset_request r
  SET expires_at = CASE WHEN $1::text = 'suspects' THEN r.expires_at
                        ELSE greatest(r.expires_at, clock_timestamp() + make_interval(secs => $4::int)) END,
      maybe_arrived_at = CASE WHEN $1::text = 'suspects' THEN clock_timestamp() END
  WHERE r.id = ANY (ARRAY(SELECT m.id FROM movable m))
    AND r.maybe_arrived_at IS NULL AND r.consumed_at IS NULL
  RETURNING r.id
), taken AS MATERIALIZED (
  SELECT d.*, d.is_to_be_moved AND NOT (d.is_revoked OR d.is_over)
           AND NOT EXISTS (SELECT FROM moved m WHERE m.id = d.request_id) AS is_passed_over
  FROM due d
), claimed AS (
  UPDATE rekey.outbox o
  SET attempt = o.attempt + CASE WHEN t.is_passed_over THEN 0 ELSE 1 END,
      lost = o.lost + CASE WHEN t.was_lost AND NOT t.is_passed_over THEN 1 ELSE 0 END,
      leased_until = CASE WHEN t.is_passed_over THEN o.leased_until
                          ELSE clock_timestamp() + make_interval(secs => $3::int) END,
      run_at = clock_timestamp() + make_interval(secs => CASE WHEN t.is_passed_over THEN 1 ELSE $3::int END)
  FROM taken t
  WHERE o.id = t.id
  RETURNING o.id, o.attempt, o.lost, t.is_passed_over
)
SELECT t.id, t.kind, c.attempt, t.failures, c.lost, t.request_id,
       CASE WHEN t.kind IN ('link', 'no_account') THEN coalesce(t.created_at, t.queued_at) ELSE t.queued_at END AS queued_at,
       t.event, t.cause, t.sealed, t.kid, t.caller, t.suppressed,
       CASE WHEN t.is_orphan THEN 'orphan'
            WHEN t.is_revoked THEN 'revoked'
            WHEN t.is_over OR t.has_expired THEN 'expired'
            ELSE 'ready'
       END AS state,
       clock_timestamp() AS now
FROM claimed c
JOIN taken t ON t.id = c.id
WHERE NOT c.is_passed_over
