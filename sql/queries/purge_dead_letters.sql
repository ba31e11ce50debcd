-- Deletes the dead letters whose request is gone, in a range of pages.
-- Called by: Storage/Purger.
-- $1 from this page, $2 up to this one, $3 whether to delete.
WITH doomed AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE o.ctid >= format('(%s,0)', $1::int)::tid AND o.ctid < format('(%s,0)', $2::int)::tid
    AND o.dead_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM rekey.reset_request r WHERE r.id = o.request_id)
), free AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE $3::bool AND o.id = ANY (ARRAY(SELECT d.id FROM doomed d)) AND o.dead_at IS NOT NULL
  FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT f.id FROM free f))
)
SELECT CASE WHEN $3::bool THEN (SELECT count(*) FROM free) ELSE (SELECT count(*) FROM doomed) END AS rows,
       CASE WHEN $3::bool THEN (SELECT count(*) FROM doomed) - (SELECT count(*) FROM free) ELSE 0 END AS locked
