-- Least-privilege roles. Run by an administrator after `rekey migrate`, again after each upgrade
-- (it may be repeated): psql -v ON_ERROR_STOP=1 -f sql/roles.sql "$DATABASE_URL"
--
-- Make login roles yourself and grant them what they run as:
--   serve with its worker: rekey_serve and rekey_work; serve --no-worker: rekey_serve;
--   work: rekey_work; purge and other operator commands: rekey_ops. Only the owner migrates, and nobody
--   else may change tables or take a state back.

DO $$
BEGIN
  IF to_regrole('rekey_serve') IS NULL THEN CREATE ROLE rekey_serve NOLOGIN; END IF;
  IF to_regrole('rekey_work') IS NULL THEN CREATE ROLE rekey_work NOLOGIN; END IF;
  IF to_regrole('rekey_ops') IS NULL THEN CREATE ROLE rekey_ops NOLOGIN; END IF;
END $$;

GRANT USAGE ON SCHEMA rekey TO rekey_serve, rekey_work, rekey_ops;
GRANT SELECT ON rekey.account TO rekey_serve, rekey_work, rekey_ops;
GRANT SELECT ON rekey.schema_version TO rekey_serve, rekey_work;
GRANT SELECT ON rekey.outbox_pause TO rekey_work, rekey_ops;
GRANT SELECT ON rekey.judged_request TO rekey_serve, rekey_work, rekey_ops;
GRANT EXECUTE ON FUNCTION rekey.lost_race(), rekey.new_id() TO rekey_serve, rekey_work, rekey_ops;

-- serve takes requests down, judges tokens, uses them up and revokes them.
GRANT SELECT, INSERT ON rekey.reset_request TO rekey_serve;
GRANT UPDATE (consumed_at, consumer_key, completed_at) ON rekey.reset_request TO rekey_serve;
GRANT INSERT, UPDATE ON rekey.account TO rekey_serve;
GRANT SELECT, INSERT ON rekey.outbox TO rekey_serve;
GRANT SELECT, INSERT, UPDATE ON rekey.rate_limit, rekey.idempotency TO rekey_serve;
-- What providers report comes in by serve's public listener.
GRANT SELECT, INSERT, UPDATE ON rekey.suppression TO rekey_serve;
GRANT SELECT, INSERT ON rekey.hook_receipt TO rekey_serve;

-- work claims messages, names accounts, marks what was sent and when the account's links were mailed, queues
-- events, suppresses addresses that were refused, and keeps house.
GRANT SELECT ON rekey.reset_request TO rekey_work;
GRANT UPDATE (account_key, sealed, kid, sent_at, expires_at, maybe_arrived_at, dropped_at, drop_reason)
  ON rekey.reset_request TO rekey_work;
GRANT INSERT, UPDATE ON rekey.account TO rekey_work;
GRANT SELECT, INSERT, UPDATE, DELETE ON rekey.outbox TO rekey_work;
GRANT SELECT, INSERT, UPDATE ON rekey.rate_limit TO rekey_work;
GRANT SELECT, INSERT, UPDATE, DELETE ON rekey.suppression, rekey.transport_state TO rekey_work;
GRANT SELECT, DELETE ON rekey.hook_receipt TO rekey_work;

-- ops purges, looks after dead letters, suppressions and the outbox. FOR UPDATE needs the right to update
-- one column.
GRANT SELECT, DELETE ON rekey.reset_request, rekey.account, rekey.outbox, rekey.rate_limit, rekey.idempotency
  TO rekey_ops;
GRANT UPDATE (dropped_at, drop_reason) ON rekey.reset_request TO rekey_ops;
GRANT UPDATE (mailed) ON rekey.account TO rekey_ops;
GRANT UPDATE ON rekey.outbox TO rekey_ops;
GRANT SELECT, INSERT, UPDATE, DELETE ON rekey.suppression TO rekey_ops;
GRANT INSERT, UPDATE, DELETE ON rekey.outbox_pause TO rekey_ops;
GRANT SELECT ON rekey.transport_state TO rekey_ops;
GRANT UPDATE (stamps) ON rekey.rate_limit TO rekey_ops;
GRANT UPDATE (created_at) ON rekey.idempotency TO rekey_ops;
