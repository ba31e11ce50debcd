-- Uses a token up. The conditions decide alone: whatever the caller believes, a row that is consumed, revoked
-- or expired stays as it is.
-- Called by: Storage/StoredTokens, after lock_accounts and lock_request, and with revoke_accounts after it.
-- $1 id, $2 consumer key or null, $3 whether the caller wants events.
WITH clock AS MATERIALIZED (
  SELECT clock_timestamp() AS now
), consumed AS (
  UPDATE rekey.reset_request r
  SET consumed_at = clock.now, consumer_key = $2::bytea
  FROM clock
  WHERE r.id = $1::uuid AND r.consumed_at IS NULL AND r.expires_at > clock.now
    AND (r.dropped_at IS NULL OR r.drop_reason <> 'revoked' AND r.maybe_arrived_at IS NOT NULL)
    AND NOT EXISTS (
      SELECT FROM rekey.account a
      WHERE a.key = coalesce(r.account_key, r.address_key) AND r.created_at <= a.revoked_before)
  RETURNING r.id, r.consumed_at
)
INSERT INTO rekey.outbox (id, request_id, kind, run_at, event)
SELECT rekey.new_id(), c.id, 'event', c.consumed_at, 'request.consumed' FROM consumed c WHERE $3::bool
