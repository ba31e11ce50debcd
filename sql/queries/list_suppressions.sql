-- One page of the addresses that are suppressed now, the last added first.
-- Called by: Storage/Operators/OperatorSuppressions.
-- $1 address key or null, $2 reason or null, $3 and $4 created_at and id of the last one shown or null,
-- $5 at most so many.
SELECT s.id, s.caller, s.sealed, s.kid, s.reason, s.source, s.created_at, s.expires_at
FROM rekey.suppression s
WHERE s.expires_at > statement_timestamp()
  AND ($1::bytea IS NULL OR s.address_key = $1::bytea)
  AND ($2::text IS NULL OR s.reason = $2::text)
  AND ($3::timestamptz IS NULL OR (s.created_at, s.id) < ($3::timestamptz, $4::uuid))
ORDER BY s.created_at DESC, s.id DESC
LIMIT $5::int
