-- Ends the oldest messages whose time is over and that nobody works on: dropped as expired, without an
-- attempt. So they end also while no mail server can be reached or the outbox is paused. Links that were
-- consumed or revoked meanwhile were not to be sent any more: they end as revoked, and nobody is told.
-- Called by: Storage/StoredOutbox, now and then.
-- num_nulls() keeps the partial indexes of the queues, which have another order, out of this; the ids in an
-- array keep the planner to single requests, however many messages it expects.
-- $1 at most so many are looked at, oldest first, $2 seconds after which links are given up,
-- $3 whether callers want events, $4 the callers for which it is the other way round.
WITH oldest AS MATERIALIZED (
  SELECT o.id, o.request_id, o.kind FROM rekey.outbox o
  WHERE num_nulls(o.dead_at) = 1 AND o.kind IN ('link', 'no_account')
    AND (o.leased_until IS NULL OR o.leased_until <= statement_timestamp())
  ORDER BY o.id
  LIMIT $1::int
  FOR UPDATE SKIP LOCKED
), ended AS MATERIALIZED (
  SELECT x.id, x.request_id, x.kind, r.caller, r.sent_at, num_nulls(r.consumed_at, r.revoked_at) < 2 AS is_revoked
  FROM rekey.reset_request r JOIN oldest x ON x.request_id = r.id
  WHERE r.id = ANY (ARRAY(SELECT l.request_id FROM oldest l))
    AND r.created_at <= statement_timestamp() - make_interval(secs => $2::int)
  ORDER BY r.id
  FOR UPDATE OF r
), gone AS (
  DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT e.id FROM ended e))
), marked AS (
  UPDATE rekey.reset_request r
  SET dropped_at = clock_timestamp(),
      drop_reason = CASE WHEN num_nulls(r.consumed_at, r.revoked_at) < 2 THEN 'revoked' ELSE 'expired' END
  WHERE r.id = ANY (ARRAY(SELECT e.request_id FROM ended e WHERE e.kind = 'link' AND e.sent_at IS NULL))
    AND r.dropped_at IS NULL
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event, cause)
  SELECT rekey.new_id(), e.request_id, 'event', clock_timestamp(), 'delivery.failed', 'expired'
  FROM ended e
  WHERE NOT e.is_revoked AND (e.caller = ANY ($4::text[])) <> $3::bool
)
SELECT e.id FROM ended e
