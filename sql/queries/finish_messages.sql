-- Ends some attempts: sent and dropped messages go, what may be tried again waits, the rest is dead. What
-- the main app is to be told is queued with it.
-- Fenced: an attempt that lost its lease to a later one changes nothing, nor does one that has ended; of
-- two ends of one attempt in one batch the first counts.
-- Called by: Storage/StoredOutbox (batched).
-- $1 message ids, $2 attempts, $3 outcomes (sent, retry, dead, dropped, released), $4 seconds until the
-- next try (retry, released), $5 causes (retry, dead: last_error; dropped: drop_reason), $6 events or null.
-- A released message was interrupted, not tried: nothing is counted but the fence, which has to move on.
-- Returns those that ended, with their place in the arrays as n.
WITH input AS MATERIALIZED (
  SELECT DISTINCT ON (i.id, i.attempt) *
  FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[])
    WITH ORDINALITY AS i(id, attempt, outcome, seconds, cause, event, n)
  ORDER BY i.id, i.attempt, i.n
), held AS MATERIALIZED (
  SELECT i.n, o.id, o.request_id, o.kind, i.outcome, i.seconds, i.cause, i.event
  FROM rekey.outbox o JOIN input i ON i.id = o.id AND i.attempt = o.attempt
  WHERE o.dead_at IS NULL AND o.leased_until IS NOT NULL
  ORDER BY o.id
  FOR UPDATE OF o
), gone AS (
  DELETE FROM rekey.outbox o
  WHERE o.id = ANY (ARRAY(SELECT h.id FROM held h WHERE h.outcome IN ('sent', 'dropped')))
), kept AS (
  UPDATE rekey.outbox o
  SET leased_until = NULL,
      run_at = clock_timestamp() + make_interval(secs => h.seconds),
      failures = o.failures + CASE WHEN h.outcome = 'retry' THEN 1 ELSE 0 END,
      dead_at = CASE WHEN h.outcome = 'dead' THEN clock_timestamp() END,
      last_error = coalesce(h.cause, o.last_error)
  FROM held h
  WHERE o.id = h.id AND h.outcome IN ('retry', 'dead', 'released')
), marked AS (
  UPDATE rekey.reset_request r
  SET sent_at = CASE WHEN h.outcome = 'sent' THEN clock_timestamp() ELSE r.sent_at END,
      dropped_at = CASE WHEN h.outcome = 'dropped' AND r.sent_at IS NULL THEN clock_timestamp() END,
      drop_reason = CASE WHEN h.outcome = 'dropped' AND r.sent_at IS NULL THEN h.cause END
  FROM held h
  WHERE r.id = h.request_id AND h.kind = 'link' AND h.outcome IN ('sent', 'dropped')
    AND r.id = ANY (ARRAY(
      SELECT l.id FROM rekey.reset_request l
      WHERE l.id = ANY (ARRAY(SELECT x.request_id FROM held x WHERE x.outcome IN ('sent', 'dropped')))
      ORDER BY l.id FOR UPDATE OF l))
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event, cause)
  SELECT rekey.new_id(), h.request_id, 'event', clock_timestamp(), h.event, h.cause
  FROM held h
  WHERE h.event IS NOT NULL
)
SELECT h.n::int AS n, h.request_id, h.outcome, h.kind FROM held h
