-- Takes down what a provider reported: each call and each report once, its suppressions, and its event where
-- the report names a request of a caller that wants events.
-- Called by: Storage/StoredSuppressions.
-- $1 receipt of the call, $2 receipts of the reports, $3 address keys, $4 callers, $5 ids, $6 sealed, $7 kids,
-- $8 reasons, $9 sources, $10 lifetimes in seconds, $11 request ids or null, $12 events: arrays with one element
-- for each report and each caller that it concerns.
-- $13 whether callers want events, $14 the callers for which it is the other way round.
-- Returns whether the call is new; one that is not changes nothing.
WITH call AS (
  INSERT INTO rekey.hook_receipt (key, received_at) VALUES ($1::bytea, clock_timestamp())
  ON CONFLICT (key) DO NOTHING
  RETURNING key
), input AS MATERIALIZED (
  SELECT *
  FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::uuid[], $6::bytea[], $7::bytea[], $8::text[], $9::text[],
              $10::int[], $11::uuid[], $12::text[])
    AS i(receipt, address_key, caller, id, sealed, kid, reason, source, seconds, request_id, event)
  WHERE EXISTS (SELECT FROM call)
), received AS (
  INSERT INTO rekey.hook_receipt (key, received_at)
  SELECT i.receipt, clock_timestamp() FROM (SELECT DISTINCT receipt FROM input) i ORDER BY i.receipt
  ON CONFLICT (key) DO NOTHING
  RETURNING key
), fresh AS MATERIALIZED (
  SELECT i.* FROM input i JOIN received r ON r.key = i.receipt
), suppressed AS (
  INSERT INTO rekey.suppression AS s (address_key, caller, id, sealed, kid, reason, source, created_at, expires_at)
  SELECT DISTINCT ON (f.address_key) f.address_key, f.caller, f.id, f.sealed, f.kid, f.reason,
         f.source, clock_timestamp(), clock_timestamp() + make_interval(secs => f.seconds)
  FROM fresh f
  ORDER BY f.address_key, f.seconds DESC
  ON CONFLICT (address_key) DO UPDATE
    SET id = excluded.id, sealed = excluded.sealed, kid = excluded.kid, reason = excluded.reason,
        source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at
    WHERE excluded.expires_at > s.expires_at
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event, cause)
  SELECT rekey.new_id(), r.id, 'event', clock_timestamp(), f.event, f.reason
  FROM (SELECT DISTINCT ON (receipt) * FROM fresh ORDER BY receipt) f JOIN rekey.reset_request r ON r.id = f.request_id
  WHERE (r.caller = ANY ($14::text[])) <> $13::bool
)
SELECT EXISTS (SELECT FROM call) AS is_new
