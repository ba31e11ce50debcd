-- Suppresses addresses; one that is suppressed already keeps the later end.
-- Called by: Storage/StoredSuppressions.
-- $1 address keys, none twice, $2 ids, $3 sealed, $4 kids, $5 reasons, $6 sources, $7 lifetimes in seconds.
INSERT INTO rekey.suppression AS s (address_key, id, sealed, kid, reason, source, created_at, expires_at)
SELECT i.address_key, i.id, i.sealed, i.kid, i.reason, i.source, clock_timestamp(),
       clock_timestamp() + make_interval(secs => i.seconds)
FROM unnest($1::bytea[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::text[], $7::int[])
  AS i(address_key, id, sealed, kid, reason, source, seconds)
ORDER BY i.address_key
ON CONFLICT (address_key) DO UPDATE
  SET id = excluded.id, sealed = excluded.sealed, kid = excluded.kid, reason = excluded.reason,
      source = excluded.source, created_at = excluded.created_at, expires_at = excluded.expires_at
  WHERE excluded.expires_at > s.expires_at
