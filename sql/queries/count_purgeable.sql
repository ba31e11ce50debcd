-- What a purge would delete.
-- Called by: Storage/Purger (--dry-run, and the total of its progress).
-- $1 requests made before this moment, $2 the longest limit's window in seconds.
WITH doomed AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.created_at < $1::timestamptz
    AND (r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL OR r.expires_at <= clock_timestamp())
    AND NOT EXISTS (SELECT FROM rekey.outbox o WHERE o.request_id = r.id AND o.dead_at IS NULL)
)
SELECT (SELECT count(*) FROM doomed) AS requests,
       (SELECT count(*) FROM rekey.outbox o
        WHERE o.dead_at IS NOT NULL AND o.request_id IN (SELECT d.id FROM doomed d)) AS messages,
       (SELECT count(*) FROM rekey.idempotency k
        WHERE k.created_at <= clock_timestamp() - interval '24 hours') AS idempotency,
       (SELECT count(*) FROM rekey.rate_limit l
        WHERE l.stamps[1] <= clock_timestamp() - make_interval(secs => $2::int)) AS rate_limits
