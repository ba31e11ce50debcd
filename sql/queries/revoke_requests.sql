-- Kills what is still live for an account, or for an address and the accounts it asked for.
-- Rows are locked in the order of their ids, as consumes do.
-- num_nulls() stands where the partial index of live accounts must not serve: a plan made while a day
-- is empty would read all of it for ever.
-- Called by: Storage/StoredTokens.
-- $1 caller, $2 account key or null, $3 address key or null, $4 the lowest id that can still be alive, $5 reason.
WITH accounts AS MATERIALIZED (
  SELECT $2::bytea AS account_key WHERE $2::bytea IS NOT NULL
  UNION
  SELECT r.account_key FROM rekey.reset_request r
  WHERE r.address_key = $3::bytea AND r.caller = $1::text AND r.account_key IS NOT NULL AND r.id >= $4::uuid
), family AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.account_key = ANY (ARRAY(SELECT a.account_key FROM accounts a))
    AND r.caller = $1::text AND r.consumed_at IS NULL AND r.revoked_at IS NULL AND r.id >= $4::uuid
  UNION
  SELECT r.id FROM rekey.reset_request r
  WHERE r.address_key = $3::bytea AND r.caller = $1::text
    AND num_nulls(r.consumed_at, r.revoked_at) = 2 AND r.id >= $4::uuid
), locked AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT f.id FROM family f))
  ORDER BY r.id
  FOR UPDATE OF r
)
UPDATE rekey.reset_request r
SET revoked_at = clock_timestamp(), revoke_reason = $5::text
WHERE r.id = ANY (ARRAY(SELECT l.id FROM locked l))
  AND num_nulls(r.consumed_at, r.revoked_at) = 2
  -- A message still to be sent would make its link live again, however long it has waited.
  AND (r.expires_at > clock_timestamp() OR EXISTS (
    SELECT FROM rekey.outbox o WHERE o.request_id = r.id AND o.kind = 'link'))
RETURNING r.id
