-- Deletes the account rows that decide over nothing any more, in a range of pages: no link is alive for
-- longer than 49 hours after its request.
-- Called by: Storage/Purger.
-- $1 from this page, $2 up to this one, $3 whether to delete, $4 nothing in them later than this moment.
WITH doomed AS MATERIALIZED (
  SELECT a.ctid AS place FROM rekey.account a
  WHERE a.ctid >= format('(%s,0)', $1::int)::tid AND a.ctid < format('(%s,0)', $2::int)::tid
    AND coalesce(greatest(a.revoked_before, a.mailed[1]), '-infinity')
      < least($4::timestamptz, clock_timestamp() - interval '49 hours')
), free AS MATERIALIZED (
  SELECT a.ctid AS place FROM rekey.account a
  WHERE $3::bool AND a.ctid = ANY (ARRAY(SELECT d.place FROM doomed d))
    AND coalesce(greatest(a.revoked_before, a.mailed[1]), '-infinity')
      < least($4::timestamptz, clock_timestamp() - interval '49 hours')
  FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM rekey.account a WHERE a.ctid = ANY (ARRAY(SELECT f.place FROM free f))
)
SELECT CASE WHEN $3::bool THEN (SELECT count(*) FROM free) ELSE (SELECT count(*) FROM doomed) END AS rows
