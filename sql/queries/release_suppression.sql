-- Takes an address off the lists of callers, and says what was there; no row if it was not suppressed.
-- Called by: Storage/Operators/OperatorSuppressions.
-- $1 address keys or null, $2 id or null.
DELETE FROM rekey.suppression s
WHERE (s.address_key = ANY ($1::bytea[]) OR s.id = $2::uuid) AND s.expires_at > statement_timestamp()
RETURNING s.id, s.caller, s.sealed, s.kid, s.reason, s.source, s.created_at, s.expires_at
