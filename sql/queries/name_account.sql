-- Writes down the account that the directory named, before its mail is sent: the link must know it
-- from its first click. Fenced by the attempt. What was asked for before the account, the address, or the
-- account that an earlier attempt was told, was revoked is not named, and so is not mailed.
-- Called by: Storage/StoredOutbox, after lock_message and lock_accounts.
-- $1 message id, $2 attempt, $3 request id, $4 account key, $5 sealed, $6 kid, $7 how many links of an
-- account stay live.
UPDATE rekey.reset_request r
SET account_key = $4::bytea, sealed = $5::bytea, kid = $6::bytea
WHERE r.id = $3::uuid AND r.consumed_at IS NULL
  AND EXISTS (
    SELECT FROM rekey.outbox o
    WHERE o.id = $1::uuid AND o.attempt = $2::int AND o.dead_at IS NULL AND o.leased_until IS NOT NULL)
  AND NOT EXISTS (
    SELECT FROM rekey.account a
    WHERE a.key = ANY (ARRAY[r.address_key, r.account_key, $4::bytea])
      AND (a.revoked_before >= r.created_at
           OR a.key IN (coalesce(r.account_key, r.address_key), $4::bytea) AND a.mailed[$7::int] > r.created_at))
RETURNING r.id
