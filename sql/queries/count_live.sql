-- How many links a revocation will kill: those that work, and those that are still to be mailed.
-- Called by: Storage/StoredTokens, between lock_accounts and revoke_accounts.
-- $1 address key or null, $2 account key or null, $3 how many links of an account stay live.
WITH asked AS MATERIALIZED (
  SELECT r.id, r.account_key FROM rekey.reset_request r WHERE r.address_key = $1::bytea
), chosen AS MATERIALIZED (
  SELECT a.id FROM asked a
  UNION
  SELECT r.id FROM rekey.reset_request r
  WHERE r.account_key = ANY (ARRAY(SELECT a.account_key FROM asked a WHERE a.account_key IS NOT NULL))
  UNION
  SELECT r.id FROM rekey.reset_request r WHERE r.account_key = $2::bytea
)
SELECT count(*) AS live
FROM chosen c
JOIN rekey.judged_request v ON v.id = c.id
WHERE v.consumed_at IS NULL AND v.dropped_at IS NULL AND v.revoked_at IS NULL
  AND (v.mailed[$3::int] > v.created_at) IS NOT TRUE
  -- A message still to be sent would make its link live again, however long it has waited.
  AND (v.expires_at > clock_timestamp()
       OR v.maybe_arrived_at IS NULL AND EXISTS (SELECT FROM rekey.outbox o WHERE o.id = v.id AND o.kind = 'link'))
