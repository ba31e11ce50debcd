-- How many messages of each kind there are in each state, and since when the oldest one is due.
-- Called by: Storage/Operators/OutboxStatistics.
-- Stuck is what is leased by a worker that has gone: it is due again by itself.
SELECT o.kind,
       count(*) FILTER (WHERE o.dead_at IS NULL AND o.leased_until IS NULL AND o.run_at <= statement_timestamp()) AS due,
       count(*) FILTER (WHERE o.dead_at IS NULL AND o.leased_until IS NULL AND o.run_at > statement_timestamp()) AS waiting,
       count(*) FILTER (WHERE o.leased_until > statement_timestamp()) AS leased,
       count(*) FILTER (WHERE o.leased_until <= statement_timestamp()) AS stuck,
       count(*) FILTER (WHERE o.dead_at IS NOT NULL) AS dead,
       min(o.run_at) FILTER (WHERE o.dead_at IS NULL AND o.leased_until IS NULL AND o.run_at <= statement_timestamp()) AS oldest_due
FROM rekey.outbox o
GROUP BY o.kind
