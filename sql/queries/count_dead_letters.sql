-- How many dead letters there are of each cause, the most frequent first.
-- Called by: Storage/Operators/DeadLetters, Storage/Operators/OutboxStatistics.
-- $1 message or request ids or null, $2 cause or its beginning or null, $3 dead not later than this,
-- $4 dead later than this, $5 at most so many causes or null.
SELECT o.last_error AS cause, count(*) AS messages, min(o.dead_at) AS oldest, max(o.dead_at) AS newest
FROM rekey.outbox o
WHERE o.dead_at IS NOT NULL
  AND ($1::uuid[] IS NULL OR o.id = ANY ($1::uuid[]) OR o.request_id = ANY ($1::uuid[]))
  AND ($2::text IS NULL OR starts_with(o.last_error, $2::text))
  AND o.dead_at <= $3::timestamptz AND o.dead_at > $4::timestamptz
GROUP BY o.last_error
ORDER BY count(*) DESC, o.last_error COLLATE "C"
LIMIT $5::int
