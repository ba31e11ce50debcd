-- Keeps the newest live links of each account and replaces the older ones.
-- Called by: Storage/StoredOutbox, after the commit that marked messages as sent: of two workers that
-- commit at once, the later one sees both.
-- $1 ids of the requests just sent, $2 how many links stay live, $3 the lowest id that can still be alive.
WITH ranked AS MATERIALIZED (
  SELECT s.id, row_number() OVER (PARTITION BY s.caller, s.account_key ORDER BY s.id DESC) AS place
  FROM rekey.reset_request s
  WHERE s.account_key = ANY (ARRAY(SELECT r.account_key FROM rekey.reset_request r WHERE r.id = ANY ($1::uuid[])))
    AND s.consumed_at IS NULL AND s.revoked_at IS NULL AND s.sent_at IS NOT NULL
    AND s.expires_at > clock_timestamp() AND s.id >= $3::uuid
), locked AS MATERIALIZED (
  SELECT r.id FROM rekey.reset_request r
  WHERE r.id = ANY (ARRAY(SELECT k.id FROM ranked k WHERE k.place > $2::int))
  ORDER BY r.id
  FOR UPDATE OF r
)
UPDATE rekey.reset_request r
SET revoked_at = clock_timestamp(), revoke_reason = 'replaced'
WHERE r.id = ANY (ARRAY(SELECT l.id FROM locked l)) AND num_nulls(r.consumed_at, r.revoked_at) = 2
RETURNING r.id
