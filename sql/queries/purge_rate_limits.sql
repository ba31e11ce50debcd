-- Deletes one batch of limiter rows that no limit looks at any more.
-- Called by: Storage/Purger.
-- $1 the longest limit's window in seconds, $2 at most so many.
DELETE FROM rekey.rate_limit l
WHERE l.key = ANY (ARRAY(
  SELECT d.key FROM rekey.rate_limit d
  WHERE d.stamps[1] <= clock_timestamp() - make_interval(secs => $1::int)
  LIMIT $2::int FOR UPDATE SKIP LOCKED))
