-- Takes away what has had its time: receipts that are older than any report that would still be taken,
-- suppressions that have ended, the states of workers that are gone.
-- Called by: Storage/OutboxUpkeep, now and then.
WITH receipts AS (
  DELETE FROM rekey.hook_receipt h WHERE h.received_at < statement_timestamp() - interval '48 hours'
), suppressions AS (
  DELETE FROM rekey.suppression s WHERE s.expires_at <= statement_timestamp()
)
DELETE FROM rekey.transport_state t WHERE t.seen_at < statement_timestamp() - interval '10 minutes'
