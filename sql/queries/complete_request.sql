-- Marks a request as completed, the first time only, and queues the notice and the event.
-- Called by: Storage/StoredTokens, after lock_accounts and lock_request and before revoke_accounts.
-- $1 id, $2 caller, $3 whether the caller wants events.
WITH marked AS (
  UPDATE rekey.reset_request r
  SET completed_at = clock_timestamp()
  WHERE r.id = $1::uuid AND r.caller = $2::text AND r.completed_at IS NULL
  RETURNING r.id
), noticed AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at)
  SELECT rekey.new_id(), m.id, 'changed', clock_timestamp() FROM marked m
), told AS (
  INSERT INTO rekey.outbox (id, request_id, kind, run_at, event)
  SELECT rekey.new_id(), m.id, 'event', clock_timestamp(), 'request.completed' FROM marked m WHERE $3::bool
)
SELECT r.account_key, r.address_key, EXISTS (SELECT FROM marked) AS is_new
FROM rekey.reset_request r
WHERE r.id = $1::uuid AND r.caller = $2::text
