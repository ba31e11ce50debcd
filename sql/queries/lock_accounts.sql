-- Locks the account rows that decide over a request, or one by its key, and makes those that are not
-- there: the row of the address first, then that of the account.
-- Called by: Storage/StoredTokens and Storage/StoredOutbox, before the request is locked or judged; what
-- follows in the transaction has a later snapshot and so sees what was waited for.
-- $1 request id or null, $2 account or address key or null.
INSERT INTO rekey.account AS a (key)
SELECT k.key
FROM (
  SELECT r.address_key AS key, 1 AS place FROM rekey.reset_request r WHERE r.id = $1::uuid
  UNION ALL
  SELECT r.account_key, 2 FROM rekey.reset_request r WHERE r.id = $1::uuid
  UNION ALL
  SELECT $2::bytea, 2
) k
WHERE k.key IS NOT NULL
GROUP BY k.key
ORDER BY min(k.place), k.key
-- A conflict locks the row, whatever the condition says, and writes nothing.
ON CONFLICT (key) DO UPDATE SET key = excluded.key WHERE false
