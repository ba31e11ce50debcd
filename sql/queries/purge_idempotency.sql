-- Deletes the Idempotency-Keys that are no longer honoured, in a range of pages.
-- Called by: Storage/Purger.
-- $1 from this page, $2 up to this one, $3 whether to delete.
WITH doomed AS MATERIALIZED (
  SELECT k.ctid AS place FROM rekey.idempotency k
  WHERE k.ctid >= format('(%s,0)', $1::int)::tid AND k.ctid < format('(%s,0)', $2::int)::tid
    AND k.created_at <= clock_timestamp() - interval '24 hours'
), free AS MATERIALIZED (
  SELECT k.ctid AS place FROM rekey.idempotency k
  WHERE $3::bool AND k.ctid = ANY (ARRAY(SELECT d.place FROM doomed d))
    AND k.created_at <= clock_timestamp() - interval '24 hours'
  FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM rekey.idempotency k WHERE k.ctid = ANY (ARRAY(SELECT f.place FROM free f))
)
SELECT CASE WHEN $3::bool THEN (SELECT count(*) FROM free) ELSE (SELECT count(*) FROM doomed) END AS rows
