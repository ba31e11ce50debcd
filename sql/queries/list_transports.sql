-- The circuit breakers of the workers that have told of them lately.
-- Called by: Storage/Operators/OutboxStatistics.
-- $1 seconds.
SELECT t.worker, t.transport, t.state, t.cause, t.changed_at, t.seen_at
FROM rekey.transport_state t
WHERE t.seen_at > statement_timestamp() - make_interval(secs => $1::int)
ORDER BY t.worker, t.transport COLLATE "C"
