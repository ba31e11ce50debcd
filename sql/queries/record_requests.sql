-- Takes up to 64 waiting requests at once: known Idempotency-Keys, limits, requests, messages.
-- One statement is one transaction, so a request and its message exist both or neither.
-- Called by: Storage/Recording.
-- $1 ids, of requests and of their messages, $2 address keys, $3 account keys (or null), $4 sealed, $5 kids, $6 callers,
-- $7 limiter keys of the addresses, $8 limiter keys of the clients (or null),
-- $9 idempotency keys (or null), $10 body hashes (or null): arrays with one element a request.
-- No limiter key and no idempotency key stands in one batch twice.
-- $11 counts and $12 windows in seconds of the address limits, $13 and $14 those of the client limits,
-- $15 seconds from acceptance to the first expiry (moved at each claim).
-- Returns for each request: n, outcome (accepted, replayed, conflict, address_limited, client_limited),
-- request_id of accepted and replayed ones; and the database's clock.
-- Rows are taken in key order everywhere, clients before addresses, so two batches never deadlock.
WITH input AS MATERIALIZED (
  SELECT *
  FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[],
              $7::bytea[], $8::bytea[], $9::bytea[], $10::bytea[])
    WITH ORDINALITY AS i(id, address_key, account_key, sealed, kid, caller,
                         limiter_key, client_key, idempotency_key, body_hash, n)
), known AS MATERIALIZED (
  SELECT i.n, k.request_id, k.body_hash = i.body_hash AS same_body
  FROM input i
  JOIN rekey.idempotency k ON k.key = i.idempotency_key
  WHERE k.key = ANY ($9::bytea[]) AND k.created_at > clock_timestamp() - interval '24 hours'
), full_address AS MATERIALIZED (
  -- A client does not pay for a request that its address has no room for. Only what is committed is
  -- seen here; in a race with another batch the client may pay, which never lets anyone exceed a limit.
  SELECT i.n
  FROM input i
  JOIN rekey.rate_limit r ON r.key = i.limiter_key
  WHERE i.client_key IS NOT NULL AND EXISTS (
    SELECT FROM unnest($11::int[], $12::int[]) AS l(count, seconds)
    WHERE r.stamps[l.count] > clock_timestamp() - make_interval(secs => l.seconds))
), client_taken AS (
  -- clock_timestamp() is read once the row is locked: what waited for another batch is judged by the
  -- time after the wait. greatest() keeps stamps in order when the database's clock steps back.
  -- Kept is what any limit can look at, by whomever: 1,000 times of the last 30 days, the largest count
  -- and the longest window there may be. A replica with smaller limits takes nothing from a larger one.
  INSERT INTO rekey.rate_limit AS r (key, stamps)
  SELECT i.client_key, ARRAY[clock_timestamp()]
  FROM input i
  WHERE i.client_key IS NOT NULL
    AND i.n NOT IN (SELECT n FROM known) AND i.n NOT IN (SELECT n FROM full_address)
  ORDER BY i.client_key
  ON CONFLICT (key) DO UPDATE
    SET stamps = greatest(clock_timestamp(), r.stamps[1]) || CASE
        WHEN r.stamps[cardinality(r.stamps)] > clock_timestamp() - interval '30 days' THEN r.stamps[1:999]
        ELSE r.stamps[1:(SELECT count(*) FROM unnest(r.stamps[1:999]) AS s(at)
                         WHERE s.at > clock_timestamp() - interval '30 days')::int] END
    WHERE NOT EXISTS (
      SELECT FROM unnest($13::int[], $14::int[]) AS l(count, seconds)
      WHERE r.stamps[l.count] > clock_timestamp() - make_interval(secs => l.seconds))
  RETURNING r.key
), address_taken AS (
  INSERT INTO rekey.rate_limit AS r (key, stamps)
  SELECT i.limiter_key, ARRAY[clock_timestamp()]
  FROM input i
  WHERE i.n NOT IN (SELECT n FROM known)
    AND (i.client_key IS NULL OR i.client_key IN (SELECT key FROM client_taken))
  ORDER BY i.limiter_key
  ON CONFLICT (key) DO UPDATE
    SET stamps = greatest(clock_timestamp(), r.stamps[1]) || CASE
        WHEN r.stamps[cardinality(r.stamps)] > clock_timestamp() - interval '30 days' THEN r.stamps[1:999]
        ELSE r.stamps[1:(SELECT count(*) FROM unnest(r.stamps[1:999]) AS s(at)
                         WHERE s.at > clock_timestamp() - interval '30 days')::int] END
    WHERE NOT EXISTS (
      SELECT FROM unnest($11::int[], $12::int[]) AS l(count, seconds)
      WHERE r.stamps[l.count] > clock_timestamp() - make_interval(secs => l.seconds))
  RETURNING r.key, r.stamps[1] AS at
), accepted AS MATERIALIZED (
  SELECT i.*, t.at FROM input i JOIN address_taken t ON t.key = i.limiter_key
), remembered AS (
  INSERT INTO rekey.idempotency AS k (key, body_hash, request_id, created_at)
  SELECT a.idempotency_key, a.body_hash, a.id, a.at
  FROM accepted a
  WHERE a.idempotency_key IS NOT NULL
  ORDER BY a.idempotency_key
  ON CONFLICT (key) DO UPDATE
    SET body_hash = excluded.body_hash, request_id = excluded.request_id, created_at = excluded.created_at
    WHERE k.created_at <= clock_timestamp() - interval '24 hours'
  RETURNING k.key
), stored AS (
  INSERT INTO rekey.reset_request
    (id, address_key, account_key, sealed, kid, caller, created_at, expires_at)
  SELECT a.id, a.address_key, a.account_key, a.sealed, a.kid, a.caller, a.at, a.at + make_interval(secs => $15::int)
  FROM accepted a
), queued AS (
  INSERT INTO rekey.outbox (id, request_id, kind, queued_at, run_at)
  SELECT a.id, a.id, 'link', a.at, a.at FROM accepted a
)
SELECT i.n::int AS n,
       CASE
         WHEN k.same_body THEN 'replayed'
         WHEN k.n IS NOT NULL THEN 'conflict'
         WHEN a.n IS NOT NULL AND a.idempotency_key IS NOT NULL
              AND NOT EXISTS (SELECT FROM remembered m WHERE m.key = a.idempotency_key)
           THEN rekey.lost_race()
         WHEN a.n IS NOT NULL THEN 'accepted'
         WHEN i.client_key IS NULL OR i.client_key IN (SELECT key FROM client_taken)
              OR i.n IN (SELECT n FROM full_address) THEN 'address_limited'
         ELSE 'client_limited'
       END AS outcome,
       coalesce(k.request_id, a.id) AS request_id,
       clock_timestamp() AS now
FROM input i
LEFT JOIN known k ON k.n = i.n
LEFT JOIN accepted a ON a.n = i.n
ORDER BY i.n
