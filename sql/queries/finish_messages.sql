-- Ends some attempts: sent and dropped messages go, what may be tried again waits, the rest is dead. What
-- the main app is to be told is queued with it, and the account row learns when its link was mailed.
-- Fenced: an attempt that lost its lease to a later one changes nothing, nor does one that has ended; of
-- two ends of one attempt in one batch the first counts.
-- Called by: Storage/Finishing (batched).
-- $1 message ids, $2 attempts, $3 outcomes (sent, retry, uncertain, dead, dropped, released), $4 seconds until
-- the next try (retry, uncertain, released), $5 causes (retry, uncertain, dead: last_error; dropped:
-- drop_reason), $6 events or null.
-- A released message was interrupted, not tried: nothing is counted but the fence, which has to move on.
-- Returns those that are held under their fence, with their place in the arrays as n, and whether each was
-- busy: a row that somebody else holds locked is not waited for, and nothing of that end is written.
WITH input AS MATERIALIZED (
  SELECT DISTINCT ON (i.id, i.attempt) *
  FROM unnest($1::uuid[], $2::int[], $3::text[], $4::int[], $5::text[], $6::text[])
    WITH ORDINALITY AS i(id, attempt, outcome, seconds, cause, event, n)
  ORDER BY i.id, i.attempt, i.n
), held AS MATERIALIZED (
  SELECT i.*, o.request_id, o.kind,
         o.kind = 'link' AND i.outcome IN ('sent', 'dropped', 'uncertain') AS is_of_request,
         o.kind = 'link' AND i.outcome = 'sent' AS is_mailed, i.outcome = 'dropped' AS is_dropped
  FROM rekey.outbox o JOIN input i ON i.id = o.id AND i.attempt = o.attempt
  WHERE o.dead_at IS NULL AND o.leased_until IS NOT NULL
), messages AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o JOIN input i ON i.id = o.id AND i.attempt = o.attempt
  WHERE o.dead_at IS NULL AND o.leased_until IS NOT NULL
  ORDER BY o.id
  FOR UPDATE OF o SKIP LOCKED
), decided_by AS MATERIALIZED (
  SELECT h.id, r.created_at, coalesce(r.account_key, r.address_key) AS key,
         (CASE WHEN r.account_key IS NULL THEN 1 ELSE 2 END) AS place
  FROM held h JOIN messages m ON m.id = h.id JOIN rekey.reset_request r ON r.id = h.request_id
  WHERE h.is_mailed
), made AS (
  -- First the rows that are not there: somebody who is just making one is waited for, and so nothing may be
  -- held yet that he could wait for. What he has made is busy.
  INSERT INTO rekey.account AS a (key, mailed)
  SELECT d.key, (array_agg(d.created_at ORDER BY d.created_at DESC))[1:20]
  FROM decided_by d
  WHERE NOT EXISTS (SELECT FROM rekey.account x WHERE x.key = d.key)
  GROUP BY d.place, d.key
  ORDER BY d.place, d.key
  ON CONFLICT (key) DO NOTHING
  RETURNING a.key
), accounts AS MATERIALIZED (
  SELECT a.key FROM rekey.account a
  WHERE a.key = ANY (ARRAY(SELECT d.key FROM decided_by d EXCEPT SELECT m.key FROM made m))
  FOR UPDATE SKIP LOCKED
), requests AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(
    SELECT h.request_id FROM held h JOIN messages m ON m.id = h.id WHERE h.is_of_request
    EXCEPT SELECT d.id FROM decided_by d
    WHERE d.key NOT IN (SELECT m.key FROM made m UNION ALL SELECT a.key FROM accounts a)))
  FOR UPDATE SKIP LOCKED
), ending AS MATERIALIZED (
  SELECT h.*, d.key, d.place, d.created_at
  FROM held h
  JOIN messages m ON m.id = h.id
  LEFT JOIN requests r ON r.id = h.request_id AND h.is_of_request
  LEFT JOIN decided_by d ON d.id = h.id
  WHERE NOT h.is_of_request OR r.id IS NOT NULL
     OR NOT EXISTS (SELECT FROM rekey.reset_request x WHERE x.id = h.request_id)
), noted AS (
  -- A conflict each time, of which the newest version is changed; nobody else has it.
  INSERT INTO rekey.account AS a (key, mailed)
  SELECT e.key, array_agg(e.created_at ORDER BY e.created_at DESC)
  FROM ending e WHERE e.is_mailed AND e.key IN (SELECT l.key FROM accounts l)
  GROUP BY e.key
  ON CONFLICT (key) DO UPDATE
    SET mailed = CASE WHEN a.mailed @> excluded.mailed THEN a.mailed ELSE ARRAY(
      SELECT DISTINCT m.at FROM unnest(excluded.mailed || a.mailed) AS m(at)
      WHERE m.at > clock_timestamp() - interval '49 hours'
      ORDER BY m.at DESC LIMIT 20) END
), gone AS (
  DELETE FROM rekey.outbox o
  WHERE o.id = ANY (ARRAY(SELECT e.id FROM ending e WHERE e.outcome IN ('sent', 'dropped')))
), kept AS (
  UPDATE rekey.outbox o
  SET leased_until = NULL,
      run_at = clock_timestamp() + make_interval(secs => e.seconds),
      failures = o.failures + CASE WHEN e.outcome IN ('retry', 'uncertain') THEN 1 ELSE 0 END,
      dead_at = CASE WHEN e.outcome = 'dead' THEN clock_timestamp() END,
      last_error = coalesce(e.cause, o.last_error)
  FROM ending e
  WHERE o.id = e.id AND e.outcome IN ('retry', 'uncertain', 'dead', 'released')
), marked AS (
  UPDATE rekey.reset_request r
  SET sent_at = CASE WHEN e.outcome = 'sent' THEN clock_timestamp() ELSE r.sent_at END,
      maybe_arrived_at = CASE WHEN e.outcome = 'uncertain' THEN coalesce(r.maybe_arrived_at, clock_timestamp())
                              ELSE r.maybe_arrived_at END,
      dropped_at = CASE WHEN e.is_dropped AND r.sent_at IS NULL THEN clock_timestamp() ELSE r.dropped_at END,
      drop_reason = CASE WHEN e.is_dropped AND r.sent_at IS NULL THEN e.cause ELSE r.drop_reason END
  FROM ending e
  WHERE r.id = e.request_id AND e.is_of_request
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event, cause)
  SELECT rekey.new_id(), e.request_id, 'event', clock_timestamp(), e.event, e.cause
  FROM ending e
  WHERE e.event IS NOT NULL
)
SELECT h.n::int AS n, h.id NOT IN (SELECT e.id FROM ending e) AS is_busy FROM held h
