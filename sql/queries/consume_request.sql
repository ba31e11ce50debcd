-- Uses a token up and revokes its siblings. The conditions decide alone: whatever the caller believes,
-- a row that is consumed, revoked or expired stays as it is and no row comes back.
-- Called by: Storage/StoredTokens, after lock_family.
-- num_nulls() keeps the partial index of live accounts, whose plans from an empty day read all of it,
-- out of this.
-- $1 id, $2 consumer key or null, $3 ids of the locked siblings, $4 whether the caller wants events.
WITH clock AS MATERIALIZED (
  SELECT clock_timestamp() AS now
), consumed AS (
  UPDATE rekey.reset_request r
  SET consumed_at = clock.now, consumer_key = $2::bytea
  FROM clock
  WHERE r.id = $1::uuid AND num_nulls(r.consumed_at, r.revoked_at) = 2 AND r.expires_at > clock.now
  RETURNING r.id, r.consumed_at
), revoked AS (
  UPDATE rekey.reset_request r
  SET revoked_at = c.consumed_at, revoke_reason = 'sibling_consumed'
  FROM consumed c
  WHERE r.id = ANY ($3::uuid[]) AND r.id <> c.id AND num_nulls(r.consumed_at, r.revoked_at) = 2
    -- What has expired stays expired, unless its message could still bring it back.
    AND (r.expires_at > c.consumed_at OR EXISTS (
      SELECT FROM rekey.outbox o WHERE o.request_id = r.id AND o.kind = 'link'))
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event)
  SELECT rekey.new_id(), c.id, 'event', c.consumed_at, 'request.consumed' FROM consumed c WHERE $4::bool
)
SELECT consumed_at FROM consumed
