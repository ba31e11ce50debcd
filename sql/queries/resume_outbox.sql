-- Ends the pause of the outbox, and says what it was; no row if there was none.
-- Called by: Storage/Operators/OutboxSwitch, which then hints the workers.
DELETE FROM rekey.outbox_pause p
RETURNING p.paused_at, p.reason, clock_timestamp() AS now
