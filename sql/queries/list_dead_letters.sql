-- One page of dead letters, newest first, with their requests and with what a retry would do now.
-- Called by: Storage/Operators/DeadLetters.
-- $1 message or request ids or null, $2 cause or its beginning or null, $3 dead not later than this,
-- $4 dead later than this, $5 of those dead at $3 only the ones below this id, $6 at most so many,
-- $7 seconds after which links are given up, $8 how many links of an account stay live.
-- The next page is asked for with dead_at and id of the last one as $3 and $5: bounds without a
-- condition let the index end where the page does, however many there are.
WITH page AS MATERIALIZED (
  SELECT o.id, o.request_id, o.kind, o.attempt, o.failures, o.lost, o.queued_at, o.dead_at, o.last_error,
         o.event, o.cause
  FROM rekey.outbox o
  WHERE o.dead_at IS NOT NULL
    AND ($1::uuid[] IS NULL OR o.id = ANY ($1::uuid[]) OR o.request_id = ANY ($1::uuid[]))
    AND ($2::text IS NULL OR starts_with(o.last_error, $2::text))
    AND o.dead_at <= $3::timestamptz AND o.dead_at > $4::timestamptz
    AND (o.dead_at, o.id) < ($3::timestamptz, $5::uuid)
  ORDER BY o.dead_at DESC, o.id DESC
  LIMIT $6::int
)
SELECT p.*, r.caller, r.sealed, r.kid, r.created_at, r.sent_at, r.expires_at, r.consumed_at, r.revoked_at,
       r.revoke_reason, r.dropped_at, r.drop_reason, s.expires_at AS suppressed_until,
       -- As retry_dead_letters.sql has it.
       CASE
         WHEN r.id IS NULL THEN 'not_live'
         WHEN p.kind IN ('link', 'no_account') AND (r.consumed_at IS NOT NULL OR r.revoked_at IS NOT NULL
           OR r.mailed[$8::int] > r.created_at OR r.maybe_arrived_at IS NOT NULL AND r.expires_at <= statement_timestamp()) THEN 'not_live'
         WHEN p.kind IN ('link', 'no_account')
           AND r.created_at <= statement_timestamp() - make_interval(secs => $7::int) THEN 'too_old'
         WHEN p.kind <> 'event' AND s.address_key IS NOT NULL THEN 'suppressed'
         ELSE 'retried'
       END AS fate
FROM page p
LEFT JOIN rekey.judged_request r ON r.id = p.request_id
LEFT JOIN rekey.suppression s ON s.address_key = r.address_key AND s.expires_at > statement_timestamp()
ORDER BY p.dead_at DESC, p.id DESC
