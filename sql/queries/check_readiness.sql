-- Whether this database can be served from, and what time it has.
-- Called by: Storage/Database/DatabaseReadiness.
SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool AS read_only,
       current_setting('fsync')::bool AND current_setting('full_page_writes')::bool
         AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS durable,
       (SELECT max(v.version) FROM rekey.schema_version v)::int AS version,
       EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('rekey.reset_request') AND c.relkind = 'p') AS is_former,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - o.run_at)
                 FROM rekey.outbox o
                 WHERE o.dead_at IS NULL AND o.leased_until IS NULL AND o.kind <> 'event'
                 ORDER BY o.run_at LIMIT 1), 0)::bigint AS oldest_due,
       clock_timestamp() AS now
