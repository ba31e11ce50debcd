-- How things stand for some requests that a limit has refused: how long until their keys have room
-- again, and whether their Idempotency-Key was accepted meanwhile. A statement of its own: the refusing
-- one's snapshot may be older than what refused it.
-- Called by: Storage/Recording.
-- $1 limiter keys of the addresses, $2 of the clients (or null), $3 idempotency keys (or null), $4 body
-- hashes (or null): arrays with one element a request. $5 counts and $6 windows in seconds of the address
-- limits, $7 and $8 those of the client limits.
-- Returns for each request: n, microseconds of both waits (0 where there is room), known (replayed, conflict, or
-- null where the Idempotency-Key is not) with its request_id; and the database's clock.
SELECT i.n::int AS n,
       coalesce((
         SELECT max(extract(epoch FROM r.stamps[l.count] + make_interval(secs => l.seconds) - c.now))
         FROM rekey.rate_limit r CROSS JOIN unnest($5::int[], $6::int[]) AS l(count, seconds)
         WHERE r.key = i.limiter_key AND r.stamps[l.count] > c.now - make_interval(secs => l.seconds)
       ) * 1000000, 0)::bigint AS address_wait,
       coalesce((
         SELECT max(extract(epoch FROM r.stamps[l.count] + make_interval(secs => l.seconds) - c.now))
         FROM rekey.rate_limit r CROSS JOIN unnest($7::int[], $8::int[]) AS l(count, seconds)
         WHERE r.key = i.client_key AND r.stamps[l.count] > c.now - make_interval(secs => l.seconds)
       ) * 1000000, 0)::bigint AS client_wait,
       CASE WHEN k.body_hash = i.body_hash THEN 'replayed' WHEN k.key IS NOT NULL THEN 'conflict' END AS known,
       k.request_id,
       c.now
FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[])
       WITH ORDINALITY AS i(limiter_key, client_key, idempotency_key, body_hash, n)
CROSS JOIN (SELECT clock_timestamp() AS now) AS c
LEFT JOIN rekey.idempotency k
  ON k.key = i.idempotency_key AND k.key = ANY ($3::bytea[]) AND k.created_at > c.now - interval '24 hours'
ORDER BY i.n
