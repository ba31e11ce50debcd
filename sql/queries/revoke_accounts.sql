-- Kills every link that an account, or an address, has asked for until now, mailed or not. An address
-- without an account takes with it the accounts that it has asked for.
-- Called by: Storage/StoredTokens, after lock_accounts, with count_live before or consume_request or
-- complete_request in between.
-- $1 address key or null, $2 account key or null, $3 reason,
-- $4 null, or the request without whose consume in this transaction nothing is to be revoked.
-- Returns the moment of the cause for each row.
WITH cause AS MATERIALIZED (
  SELECT clock_timestamp() AS at WHERE $4::uuid IS NULL
  UNION ALL
  SELECT r.consumed_at FROM rekey.reset_request r 
  WHERE r.id = $4::uuid AND r.consumed_at IS NOT NULL AND r.xmin = pg_current_xact_id()::xid
), keys AS (
  SELECT $1::bytea AS key, 1 AS place WHERE $1::bytea IS NOT NULL
  UNION ALL
  SELECT $2::bytea, 2 WHERE $2::bytea IS NOT NULL
  UNION ALL
  SELECT DISTINCT r.account_key, 2 FROM rekey.reset_request r
  WHERE $2::bytea IS NULL AND r.address_key = $1::bytea AND r.account_key IS NOT NULL
)
INSERT INTO rekey.account AS a (key, revoked_before, revoke_reason)
SELECT k.key, c.at, $3::text FROM keys k CROSS JOIN cause c
ORDER BY k.place, k.key
ON CONFLICT (key) DO UPDATE
  -- The clock may have stepped back since. At the same moment the first reason stays.
  SET revoked_before = greatest(excluded.revoked_before, a.revoked_before, a.mailed[1]),
      revoke_reason = excluded.revoke_reason,
      earlier = CASE WHEN a.revoked_before IS NULL THEN a.earlier ELSE (a.revoked_before || a.earlier)[1:7] END,
      earlier_reasons = CASE WHEN a.revoked_before IS NULL THEN a.earlier_reasons
                             ELSE (a.revoke_reason || a.earlier_reasons)[1:7] END
  WHERE a.revoked_before IS NULL OR greatest(excluded.revoked_before, a.mailed[1]) > a.revoked_before
RETURNING (SELECT c.at FROM cause c) AS at
