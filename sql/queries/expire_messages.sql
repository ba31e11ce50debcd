-- Ends the oldest messages whose time is over and that nobody works on: dropped as expired, without an
-- attempt. So they end also while no mail server can be reached or the outbox is paused. Links that were
-- consumed or revoked meanwhile were not to be sent any more: they end as revoked, and nobody is told.
-- Called by: Storage/StoredOutbox, now and then.
-- $1 at most so many end, and so many are looked at of what waits, oldest first, and of what was lost, $2 seconds after which links are given up,
-- $3 whether callers want events, $4 the callers for which it is the other way round, $5 how many links of
-- an account stay live.
WITH waiting AS MATERIALIZED (
  SELECT o.id, o.kind FROM rekey.outbox o
  WHERE o.dead_at IS NULL AND o.leased_until IS NULL AND o.kind IN ('link', 'no_account')
  ORDER BY o.id
  LIMIT $1::int
  FOR UPDATE SKIP LOCKED
), lost AS MATERIALIZED (
  SELECT o.id, o.kind FROM rekey.outbox o
  WHERE o.dead_at IS NULL AND o.leased_until IS NOT NULL AND o.kind <> 'event'
    AND o.run_at <= statement_timestamp() AND o.kind IN ('link', 'no_account')
  ORDER BY o.run_at
  LIMIT $1::int
  FOR UPDATE SKIP LOCKED
), oldest AS MATERIALIZED (
  SELECT w.id, w.kind FROM waiting w UNION ALL SELECT l.id, l.kind FROM lost l
), ended AS MATERIALIZED (
  SELECT r.id, x.kind, r.caller, r.sent_at, r.dropped_at,
         r.consumed_at IS NOT NULL OR EXISTS (
           SELECT FROM rekey.account a
           WHERE a.key = coalesce(r.account_key, r.address_key)
             AND (r.created_at <= a.revoked_before OR a.mailed[$5::int] > r.created_at)) AS is_revoked
  FROM oldest x
  JOIN rekey.reset_request r ON r.id = x.id
  WHERE r.id = ANY (ARRAY(SELECT y.id FROM oldest y))
    AND (r.created_at <= statement_timestamp() - make_interval(secs => $2::int)
         OR x.kind = 'link' AND r.maybe_arrived_at IS NOT NULL AND r.expires_at <= statement_timestamp())
  LIMIT $1::int
  FOR UPDATE OF r SKIP LOCKED
), gone AS (
  DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT e.id FROM ended e))
), marked AS (
  UPDATE rekey.reset_request r
  SET dropped_at = clock_timestamp(), drop_reason = CASE WHEN e.is_revoked THEN 'revoked' ELSE 'expired' END
  FROM ended e
  WHERE r.id = e.id AND e.kind = 'link' AND e.sent_at IS NULL AND e.dropped_at IS NULL
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event, cause)
  SELECT rekey.new_id(), e.id, 'event', clock_timestamp(), 'delivery.failed', 'expired'
  FROM ended e
  WHERE NOT e.is_revoked AND (e.caller = ANY ($4::text[])) <> $3::bool
)
SELECT e.id FROM ended e
