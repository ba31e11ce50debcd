-- Writes down what a worker's circuit breakers say, to be looked at by operators.
-- Called by: Storage/OutboxUpkeep.
-- $1 worker, $2 transports, $3 states, $4 causes, $5 seconds since each changed.
INSERT INTO rekey.transport_state AS t (worker, transport, state, cause, changed_at, seen_at)
SELECT $1::uuid, i.transport, i.state, i.cause,
       clock_timestamp() - make_interval(secs => i.seconds), clock_timestamp()
FROM unnest($2::text[], $3::text[], $4::text[], $5::int[]) AS i(transport, state, cause, seconds)
ON CONFLICT (worker, transport) DO UPDATE
  SET state = excluded.state, cause = excluded.cause, changed_at = excluded.changed_at, seen_at = excluded.seen_at
