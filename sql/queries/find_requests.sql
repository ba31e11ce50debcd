-- What is known of some requests, with the database's clock at the same moment. Changes nothing.
-- Called by: Storage/StoredRequests (verdicts of links and of POST /reset/verify, batched), and
-- Storage/StoredTokens after lock_accounts and lock_request.
-- $1 request ids, $2 how many links of an account stay live.
SELECT v.id, v.sealed, v.kid, v.caller, v.address_key, v.account_key, v.created_at, v.sent_at, v.expires_at,
       v.consumed_at, v.consumer_key, v.revoked_at, v.revoke_reason, v.dropped_at,
       v.dropped_at IS NOT NULL AND (v.drop_reason = 'revoked' OR v.maybe_arrived_at IS NULL) AS is_withdrawn,
       CASE WHEN v.mailed[$2::int] > v.created_at THEN
         (SELECT m.at FROM unnest(v.mailed) AS m(at) WHERE m.at > v.created_at ORDER BY m.at OFFSET $2::int - 1 LIMIT 1)
       END AS replaced_at,
       clock_timestamp() AS now
FROM unnest($1::uuid[]) AS i(id)
JOIN rekey.judged_request v ON v.id = i.id
