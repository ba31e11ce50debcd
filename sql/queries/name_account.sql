-- Writes down the account that the directory named, before its mail is sent: the link must know it
-- from its first click. Fenced by the attempt.
-- Called by: Storage/StoredOutbox.
-- $1 message id, $2 attempt, $3 request id, $4 account key, $5 sealed, $6 kid.
WITH held AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE o.id = $1::uuid AND o.attempt = $2::int AND o.dead_at IS NULL AND o.leased_until IS NOT NULL
  FOR UPDATE
)
UPDATE rekey.reset_request r
SET account_key = $4::bytea, sealed = $5::bytea, kid = $6::bytea
FROM held
WHERE r.id = $3::uuid AND num_nulls(r.consumed_at, r.revoked_at) = 2
RETURNING r.id
