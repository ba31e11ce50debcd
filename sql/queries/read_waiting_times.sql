-- How many seconds until each of some limited keys may be accepted again; read after a refusal.
-- Called by: Storage/RequestWriter.
-- $1 limiter keys, $2 counts and $3 windows in seconds of the limits they were refused by.
SELECT k.n::int AS n,
       coalesce(ceil(extract(epoch FROM max(r.stamps[l.count] + make_interval(secs => l.seconds) - clock_timestamp()))), 1)::int AS seconds
FROM unnest($1::bytea[]) WITH ORDINALITY AS k(key, n)
LEFT JOIN rekey.rate_limit r ON r.key = k.key
CROSS JOIN unnest($2::int[], $3::int[]) AS l(count, seconds)
GROUP BY k.n
ORDER BY k.n
