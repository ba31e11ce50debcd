-- Deletes the limiter rows that no limit looks at any more, in a range of pages.
-- Called by: Storage/Purger.
-- $1 from this page, $2 up to this one, $3 whether to delete, $4 the longest limit's window in seconds.
WITH doomed AS MATERIALIZED (
  SELECT l.ctid AS place FROM rekey.rate_limit l
  WHERE l.ctid >= format('(%s,0)', $1::int)::tid AND l.ctid < format('(%s,0)', $2::int)::tid
    AND (l.stamps[1] > clock_timestamp() - make_interval(secs => $4::int)) IS NOT TRUE
), free AS MATERIALIZED (
  SELECT l.ctid AS place FROM rekey.rate_limit l
  WHERE $3::bool AND l.ctid = ANY (ARRAY(SELECT d.place FROM doomed d))
    AND (l.stamps[1] > clock_timestamp() - make_interval(secs => $4::int)) IS NOT TRUE
  FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM rekey.rate_limit l WHERE l.ctid = ANY (ARRAY(SELECT f.place FROM free f))
)
SELECT CASE WHEN $3::bool THEN (SELECT count(*) FROM free) ELSE (SELECT count(*) FROM doomed) END AS rows
