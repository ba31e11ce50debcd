-- Brings one batch of dead letters back into the outbox, longest dead first. What could not arrive alive
-- stays dead: links whose request is consumed, revoked or past its time, mails to suppressed addresses,
-- and whatever has lost its request.
-- Called by: Storage/Operators/RetryDeadLetters, until a batch is empty.
-- $1 message or request ids or null, $2 cause or its beginning or null, $3 dead not later than this,
-- $4 dead at this or later, $5 of those dead at $4 only the ones above this id, $6 at most so many,
-- $7 seconds after which links are given up, $8 seconds over which they come due, $9 how many links of an
-- account stay live. The next batch is asked for with dead_at and id of the last one as $4 and $5.
-- The fence stays where it is: attempt never goes back.
WITH chosen AS MATERIALIZED (
  SELECT o.id, o.request_id, o.kind, o.dead_at
  FROM rekey.outbox o
  WHERE o.dead_at IS NOT NULL
    AND ($1::uuid[] IS NULL OR o.id = ANY ($1::uuid[]) OR o.request_id = ANY ($1::uuid[]))
    AND ($2::text IS NULL OR starts_with(o.last_error, $2::text))
    AND o.dead_at <= $3::timestamptz AND o.dead_at >= $4::timestamptz
    AND (o.dead_at, o.id) > ($4::timestamptz, $5::uuid)
  ORDER BY o.dead_at, o.id
  LIMIT $6::int
  FOR UPDATE SKIP LOCKED
), judged AS MATERIALIZED (
  SELECT c.id, c.request_id, c.kind, c.dead_at,
         -- As list_dead_letters.sql has it, and claim_messages.sql would judge.
         CASE
           WHEN r.id IS NULL THEN 'not_live'
           WHEN c.kind IN ('link', 'no_account') AND (r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL
             OR r.mailed[$9::int] > r.created_at OR r.maybe_arrived_at IS NOT NULL AND r.expires_at <= statement_timestamp()) THEN 'not_live'
           WHEN c.kind IN ('link', 'no_account')
             AND r.created_at <= statement_timestamp() - make_interval(secs => $7::int) THEN 'too_old'
           WHEN c.kind <> 'event' AND s.address_key IS NOT NULL THEN 'suppressed'
           ELSE 'retried'
         END AS fate
  FROM chosen c
  LEFT JOIN rekey.judged_request r ON r.id = c.request_id
  LEFT JOIN rekey.suppression s ON s.address_key = r.address_key AND s.expires_at > statement_timestamp()
), retried AS (
  UPDATE rekey.outbox o
  SET dead_at = NULL, leased_until = NULL, failures = 0, lost = 0,
      run_at = clock_timestamp() + random() * make_interval(secs => $8::int),
      queued_at = CASE WHEN o.kind IN ('changed', 'event') THEN clock_timestamp() ELSE o.queued_at END
  WHERE o.id = ANY (ARRAY(SELECT j.id FROM judged j WHERE j.fate = 'retried'))
)
SELECT j.id, j.request_id, j.dead_at, j.fate FROM judged j ORDER BY j.dead_at, j.id
