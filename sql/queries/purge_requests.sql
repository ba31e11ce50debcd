-- Deletes what is past its time among the next requests in the order of their ids, with their dead letters.
-- Live ones and those whose message is still to be sent stay, and so does what somebody else holds locked:
-- nothing is waited for.
-- Called by: Storage/Purger, until a page holds nothing old.
-- $1 only after this id, $2 made before this moment, $3 at most so many are looked at, $4 whether to delete.
-- Returns the last id looked at, null behind the end; how many are old; how many of them are or would be
-- deleted, with their dead letters; and how many were locked.
WITH page AS MATERIALIZED (
  SELECT r.id, r.ctid AS place, r.created_at < $2::timestamptz AS is_old,
         r.consumed_at IS NULL AND r.dropped_at IS NULL AND r.expires_at > clock_timestamp() AS is_live
  FROM rekey.reset_request r
  WHERE r.id > $1::uuid
  ORDER BY r.id
  LIMIT $3::int
), bound AS MATERIALIZED (
  SELECT p.id FROM page p ORDER BY p.id DESC LIMIT 1
), messages AS MATERIALIZED (
  -- A link's message has the id of its request, so both are found by the range of the page.
  SELECT o.id, o.request_id, o.dead_at FROM rekey.outbox o
  WHERE o.id > $1::uuid AND o.id <= (SELECT b.id FROM bound b) AND o.kind IN ('link', 'no_account')
  UNION ALL
  SELECT o.id, o.request_id, o.dead_at FROM rekey.outbox o
  WHERE o.request_id > $1::uuid AND o.request_id <= (SELECT b.id FROM bound b) AND o.kind IN ('changed', 'event')
), doomed AS MATERIALIZED (
  SELECT p.id, p.place FROM page p
  WHERE p.is_old AND NOT p.is_live
    AND p.id NOT IN (SELECT m.request_id FROM messages m WHERE m.dead_at IS NULL)
), free AS MATERIALIZED (
  -- By their places: the index has been gone through once.
  SELECT r.id, r.ctid AS place FROM rekey.reset_request r
  WHERE $4::bool AND r.ctid = ANY (ARRAY(SELECT d.place FROM doomed d)) AND r.created_at < $2::timestamptz
  FOR UPDATE SKIP LOCKED
), letters AS MATERIALIZED (
  SELECT m.id FROM messages m WHERE m.request_id IN (SELECT d.id FROM doomed d)
), free_letters AS MATERIALIZED (
  SELECT o.id FROM rekey.outbox o
  WHERE $4::bool AND o.id = ANY (ARRAY(SELECT l.id FROM letters l))
    AND o.request_id = ANY (ARRAY(SELECT f.id FROM free f)) AND o.dead_at IS NOT NULL
  FOR UPDATE SKIP LOCKED
), dropped AS (
  DELETE FROM rekey.outbox o WHERE o.id = ANY (ARRAY(SELECT l.id FROM free_letters l))
), gone AS (
  DELETE FROM rekey.reset_request r WHERE r.ctid = ANY (ARRAY(SELECT f.place FROM free f))
)
SELECT (SELECT b.id FROM bound b) AS last,
       (SELECT count(*) FROM page p WHERE p.is_old) AS old,
       CASE WHEN $4::bool THEN (SELECT count(*) FROM free) ELSE (SELECT count(*) FROM doomed) END AS requests,
       CASE WHEN $4::bool THEN (SELECT count(*) FROM free_letters) ELSE (SELECT count(*) FROM letters) END AS messages,
       CASE WHEN $4::bool THEN (SELECT count(*) FROM doomed) - (SELECT count(*) FROM free) ELSE 0 END AS locked
