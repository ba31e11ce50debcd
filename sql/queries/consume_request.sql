-- Uses a token up and revokes its siblings. The conditions decide alone: whatever the caller believes,
-- a row that is consumed, revoked or expired stays as it is and no row comes back.
-- Called by: Storage/StoredTokens, after lock_family.
-- $1 id, $2 consumer key or null, $3 ids of the locked siblings.
WITH clock AS MATERIALIZED (
  SELECT clock_timestamp() AS now
), consumed AS (
  UPDATE rekey.reset_request r
  SET consumed_at = clock.now, consumer_key = $2::bytea
  FROM clock
  WHERE r.id = $1::uuid AND r.consumed_at IS NULL AND r.revoked_at IS NULL AND r.expires_at > clock.now
  RETURNING r.id, r.consumed_at
), revoked AS (
  UPDATE rekey.reset_request r
  SET revoked_at = c.consumed_at, revoke_reason = 'sibling_consumed'
  FROM consumed c
  WHERE r.id = ANY ($3::uuid[]) AND r.id <> c.id AND r.consumed_at IS NULL AND r.revoked_at IS NULL
)
SELECT consumed_at FROM consumed
