-- What is known of some requests, with the database's clock at the same moment. Changes nothing.
-- Called by: Storage/StoredRequests (verdicts of links and of POST /reset/verify, batched).
-- $1 request ids.
SELECT r.id, r.sealed, r.kid, r.caller, r.account_key, r.created_at, r.sent_at, r.expires_at,
       r.consumed_at, r.consumer_key, r.revoked_at, r.revoke_reason, r.dropped_at, r.drop_reason,
       clock_timestamp() AS now
FROM rekey.reset_request r
WHERE r.id = ANY ($1::uuid[])
