-- Whether the outbox is paused, since when and why; how many addresses are suppressed; the time.
-- Called by: Storage/Operators/OutboxSwitch, Storage/Operators/OutboxStatistics.
SELECT statement_timestamp() AS now, p.paused_at, p.reason,
       (SELECT count(*) FROM rekey.suppression s WHERE s.expires_at > statement_timestamp()) AS suppressions
FROM (SELECT) AS always
LEFT JOIN rekey.outbox_pause p ON true
