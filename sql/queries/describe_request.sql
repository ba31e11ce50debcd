-- One request and its link message, for GET /reset/requests/{id}.
-- Called by: Storage/StoredRequests.
-- $1 id, $2 caller.
SELECT r.id, r.created_at, r.sent_at, r.expires_at, r.consumed_at, r.revoked_at, r.revoke_reason,
       r.dropped_at, r.drop_reason, o.dead_at, o.attempt, o.leased_until, clock_timestamp() AS now
FROM rekey.reset_request r
LEFT JOIN rekey.outbox o ON o.request_id = r.id AND o.kind = 'link'
WHERE r.id = $1::uuid AND r.caller = $2::text
