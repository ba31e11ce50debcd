-- Pauses the outbox. Where it is paused already, the time stays and a reason that is given replaces the
-- former one.
-- Called by: Storage/Operators/OutboxSwitch.
-- $1 reason or null.
INSERT INTO rekey.outbox_pause AS p (single, paused_at, reason)
VALUES (true, clock_timestamp(), $1::text)
ON CONFLICT (single) DO UPDATE SET reason = coalesce(excluded.reason, p.reason)
RETURNING p.paused_at, p.reason, p.xmax = 0 AS is_new
