-- Locks a message under the fence of its attempt.
-- Called by: Storage/StoredOutbox, before lock_accounts: the order that everyone takes locks in.
-- $1 message id, $2 attempt.
SELECT o.id FROM rekey.outbox o
WHERE o.id = $1::uuid AND o.attempt = $2::int AND o.dead_at IS NULL AND o.leased_until IS NOT NULL
FOR UPDATE
