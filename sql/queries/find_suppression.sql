-- Whether an address is suppressed for a caller now.
-- Called by: Storage/StoredSuppressions.
-- $1 address key.
SELECT s.reason FROM rekey.suppression s
WHERE s.address_key = $1::bytea AND s.expires_at > statement_timestamp()
