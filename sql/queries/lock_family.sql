-- Locks a request and the live ones of its account or its address in the order of their ids, and shows
-- them. Of the address's, those with another account are no siblings; who asked tells them apart.
-- Called by: Storage/StoredTokens, before consume_request, in one transaction: the lock comes first,
-- so a consume that waited is judged by the clock after the wait.
-- Single values and num_nulls() leave the planner one index for each part: a plan made while a day is
-- empty would otherwise read all of it for ever.
-- $1 id, $2 the lowest id that can still be alive.
WITH wanted AS MATERIALIZED (
  SELECT w.id, w.caller, w.account_key, w.address_key FROM rekey.reset_request w WHERE w.id = $1::uuid
), family AS MATERIALIZED (
  SELECT w.id FROM wanted w
  UNION
  SELECT s.id FROM rekey.reset_request s
  WHERE s.account_key = (SELECT w.account_key FROM wanted w) AND s.caller = (SELECT w.caller FROM wanted w)
    AND s.consumed_at IS NULL AND s.revoked_at IS NULL AND s.id >= $2::uuid
  UNION
  SELECT s.id FROM rekey.reset_request s
  WHERE s.address_key = (SELECT w.address_key FROM wanted w) AND s.caller = (SELECT w.caller FROM wanted w)
    AND num_nulls(s.consumed_at, s.revoked_at) = 2 AND s.id >= $2::uuid
)
SELECT r.id, r.sealed, r.kid, r.caller, r.account_key, r.created_at, r.sent_at, r.expires_at,
       r.consumed_at, r.consumer_key, r.revoked_at, r.revoke_reason, r.dropped_at, r.drop_reason,
       clock_timestamp() AS now
FROM rekey.reset_request r
WHERE r.id = ANY (ARRAY(SELECT f.id FROM family f))
ORDER BY r.id
FOR UPDATE OF r
