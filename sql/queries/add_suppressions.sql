-- Suppresses addresses; one that is suppressed already keeps the later end.
-- Called by: Storage/StoredSuppressions.
-- $1 address keys, none twice, $2 callers, $3 ids, $4 sealed, $5 kids, $6 reasons, $7 sources,
-- $8 lifetimes in seconds.
INSERT INTO rekey.suppression AS s (address_key, caller, id, sealed, kid, reason, source, created_at, expires_at)
SELECT i.address_key, i.caller, i.id, i.sealed, i.kid, i.reason, i.source, clock_timestamp(),
       clock_timestamp() + make_interval(secs => i.seconds)
FROM unnest($1::bytea[], $2::text[], $3::uuid[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::int[])
  AS i(address_key, caller, id, sealed, kid, reason, source, seconds)
ORDER BY i.address_key
ON CONFLICT (address_key) DO UPDATE
  SET id = excluded.id, sealed = excluded.sealed, kid = excluded.kid, reason = excluded.reason,
      source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at
  WHERE excluded.expires_at > s.expires_at
