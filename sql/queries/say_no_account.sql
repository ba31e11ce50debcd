-- Turns a link that has no account behind it into the mail that says so, due at once, if its address has
-- room for another one. Fenced by the attempt, which ends with it.
-- Called by: Storage/StoredOutbox.
-- $1 message id, $2 attempt, $3 limiter key, $4 counts and $5 windows in seconds of the limits.
WITH held AS MATERIALIZED (
  SELECT o.id, o.request_id FROM rekey.outbox o
  WHERE o.id = $1::uuid AND o.attempt = $2::int AND o.leased_until IS NOT NULL AND o.kind = 'link'
  FOR UPDATE
), taken AS (
  INSERT INTO rekey.rate_limit AS r (key, stamps)
  SELECT $3::bytea, ARRAY[clock_timestamp()] FROM held
  ON CONFLICT (key) DO UPDATE
    -- Kept as in record_requests.
    SET stamps = greatest(clock_timestamp(), r.stamps[1]) || CASE
        WHEN r.stamps[cardinality(r.stamps)] > clock_timestamp() - interval '30 days' THEN r.stamps[1:999]
        ELSE r.stamps[1:(SELECT count(*) FROM unnest(r.stamps[1:999]) AS s(at)
                         WHERE s.at > clock_timestamp() - interval '30 days')::int] END
    WHERE NOT EXISTS (
      SELECT FROM unnest($4::int[], $5::int[]) AS l(count, seconds)
      WHERE r.stamps[l.count] > clock_timestamp() - make_interval(secs => l.seconds))
  RETURNING r.key
), marked AS (
  UPDATE rekey.reset_request r
  SET dropped_at = clock_timestamp(), drop_reason = 'no_account'
  FROM held h
  WHERE r.id = h.request_id AND r.sent_at IS NULL AND EXISTS (SELECT FROM taken)
)
UPDATE rekey.outbox o
SET kind = 'no_account', leased_until = NULL, run_at = clock_timestamp()
FROM held h
WHERE o.id = h.id AND EXISTS (SELECT FROM taken)
RETURNING o.id
