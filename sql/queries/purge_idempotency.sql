-- Deletes one batch of Idempotency-Keys that are no longer honoured.
-- Called by: Storage/Purger.
-- $1 at most so many.
DELETE FROM rekey.idempotency k
WHERE k.key = ANY (ARRAY(
  SELECT d.key FROM rekey.idempotency d
  WHERE d.created_at <= clock_timestamp() - interval '24 hours'
  LIMIT $1::int FOR UPDATE SKIP LOCKED))
