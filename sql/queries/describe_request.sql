-- One request and its link message, for GET /reset/requests/{id}.
-- Called by: Storage/StoredRequests.
-- $1 id, $2 caller, $3 how many links of an account stay live.
SELECT v.id, v.created_at, v.sent_at, v.expires_at, v.maybe_arrived_at, v.consumed_at, v.revoked_at, v.revoke_reason,
       v.dropped_at, v.drop_reason, o.dead_at, o.attempt, o.leased_until,
       CASE WHEN v.mailed[$3::int] > v.created_at THEN
         (SELECT m.at FROM unnest(v.mailed) AS m(at) WHERE m.at > v.created_at ORDER BY m.at OFFSET $3::int - 1 LIMIT 1)
       END AS replaced_at,
       clock_timestamp() AS now
FROM rekey.judged_request v
LEFT JOIN rekey.outbox o ON o.id = v.id AND o.kind = 'link'
WHERE v.id = $1::uuid AND v.caller = $2::text
