-- Delivery: queues, attempts that were lost, events, notices, suppression, provider hooks, pause.

ALTER TABLE rekey.outbox
  ADD COLUMN queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD COLUMN failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  ADD COLUMN lost integer NOT NULL DEFAULT 0 CHECK (lost >= 0),
  ADD COLUMN event text CHECK (event IN
    ('delivery.failed', 'request.consumed', 'request.completed', 'request.disputed')),
  ADD COLUMN cause text CHECK (octet_length(cause) <= 200),
  ADD CONSTRAINT event_has_a_type CHECK ((kind = 'event') = (event IS NOT NULL)),
  ADD CONSTRAINT cause_belongs_to_an_event CHECK (cause IS NULL OR event IS NOT NULL);

COMMENT ON COLUMN rekey.outbox.attempt IS 'Counted before an attempt starts: the fence that its end must name. Never goes back.';
COMMENT ON COLUMN rekey.outbox.queued_at IS
  'Since when it waits: from here its time to be given up is counted. An operator who brings a dead letter back sets it anew, but for links.';
COMMENT ON COLUMN rekey.outbox.failures IS 'Attempts that ended in a failure; the pause before the next one grows with them. Interrupted ones do not count.';
COMMENT ON COLUMN rekey.outbox.lost IS 'Attempts that never ended: what takes its worker down again and again becomes a dead letter.';
COMMENT ON COLUMN rekey.outbox.event IS 'What the main app is told, for messages of kind event.';
COMMENT ON COLUMN rekey.outbox.cause IS 'Why, in a short token.';

-- A row of before this version was queued with its request.
UPDATE rekey.outbox o SET queued_at = r.created_at FROM rekey.reset_request r WHERE r.id = o.request_id;

-- One index for each queue, of what waits in it and of nothing else: a claim reads the first entries,
-- however long it is. A lease that was never ended stays leased, and so is told from what waits.
DROP INDEX rekey.outbox_due;
CREATE INDEX outbox_due ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND leased_until IS NULL AND kind <> 'event';
CREATE INDEX outbox_suspects ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND leased_until IS NOT NULL AND kind <> 'event';
CREATE INDEX outbox_events ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND kind = 'event';
CREATE INDEX outbox_dead ON rekey.outbox (dead_at) WHERE dead_at IS NOT NULL;

ALTER TABLE rekey.reset_request
  ADD COLUMN completed_at timestamptz,
  DROP CONSTRAINT reset_request_drop_reason_check,
  ADD CONSTRAINT reset_request_drop_reason_check
    CHECK (drop_reason IN ('no_account', 'suppressed', 'revoked', 'expired', 'dismissed'));
COMMENT ON COLUMN rekey.reset_request.completed_at IS 'When the main app first reported the password as changed: the notice goes out once.';

CREATE TABLE rekey.suppression (
  address_key bytea NOT NULL PRIMARY KEY CHECK (octet_length(address_key) = 16),
  caller text NOT NULL,
  id uuid NOT NULL,
  sealed bytea NOT NULL,
  kid bytea NOT NULL CHECK (octet_length(kid) = 4),
  reason text NOT NULL CHECK (reason IN ('refused', 'bounce', 'complaint', 'manual')),
  source text NOT NULL CHECK (octet_length(source) BETWEEN 1 AND 64),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE rekey.suppression IS 'Addresses that get no mail of a caller until expires_at. Requests for them are accepted as always.';
COMMENT ON COLUMN rekey.suppression.sealed IS 'The address, sealed with id as associated data: operators have to know whom they release.';

CREATE TABLE rekey.hook_receipt (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 16),
  received_at timestamptz NOT NULL
);
COMMENT ON TABLE rekey.hook_receipt IS
  'Keyed hashes of what providers have reported: no report counts twice. Kept for longer than a report is taken for fresh.';
CREATE INDEX hook_receipt_age ON rekey.hook_receipt (received_at);

CREATE TABLE rekey.outbox_pause (
  single boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (single),
  paused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text CHECK (octet_length(reason) <= 200)
);
COMMENT ON TABLE rekey.outbox_pause IS 'While its one row is there nothing is claimed; what gets too old meanwhile still expires.';

CREATE TABLE rekey.transport_state (
  worker uuid NOT NULL,
  transport text NOT NULL CHECK (octet_length(transport) BETWEEN 1 AND 64),
  state text NOT NULL CHECK (state IN ('closed', 'open', 'half_open')),
  cause text CHECK (octet_length(cause) <= 200),
  changed_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (worker, transport)
);
COMMENT ON TABLE rekey.transport_state IS 'The circuit breakers of every running worker, as they last told; only to be looked at.';

-- A UUIDv7 of this moment, for messages that statements make by themselves.
CREATE FUNCTION rekey.new_id() RETURNS uuid
  LANGUAGE sql VOLATILE PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT (left(rekey.first_id_at(clock_timestamp())::text, 14) || '7'
      || substr(gen_random_uuid()::text, 16))::uuid
  $$;
COMMENT ON FUNCTION rekey.new_id() IS 'A new message id: milliseconds of database time, then random bits (RFC 9562 section 5.7).';

-- A claim moves expires_at and an end sets sent_at: with no index on either, and room on the page, both are
-- heap-only updates, and the index of addresses, which has no order, is not written again.
DROP INDEX rekey.reset_request_ages;
CREATE INDEX reset_request_ages ON rekey.reset_request USING brin (created_at) WITH (pages_per_range = 32);

CREATE OR REPLACE FUNCTION rekey.make_partitions(days_ahead integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
DECLARE
  today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
  day date;
  name text;
  first_id uuid;
  next_id uuid;
  made integer := 0;
BEGIN
  IF days_ahead NOT BETWEEN 0 AND 60 THEN
    RAISE EXCEPTION 'days_ahead must be 0 to 60' USING ERRCODE = '22023';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('rekey.partitions'));
  FOR i IN 0 .. days_ahead LOOP
    day := today + i;
    name := 'reset_request_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('rekey.' || name) IS NOT NULL;
    first_id := rekey.first_id_at(day::timestamp AT TIME ZONE 'UTC');
    next_id := rekey.first_id_at((day + 1)::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('CREATE TABLE rekey.%I (LIKE rekey.reset_request INCLUDING ALL) WITH (fillfactor = 70)', name);
    -- Rows that the default partition has caught for this day move first: ATTACH would refuse
    -- them. The lock keeps new ones from slipping in between; it is held for this transaction.
    LOCK TABLE rekey.reset_request_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM rekey.reset_request_default
        WHERE id >= $1 AND id < $2 RETURNING *) INSERT INTO rekey.%I SELECT * FROM moved', name)
      USING first_id, next_id;
    EXECUTE format('ALTER TABLE rekey.reset_request ATTACH PARTITION rekey.%I FOR VALUES FROM (%L) TO (%L)',
      name, first_id, next_id);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;

DO $$
DECLARE
  part text;
BEGIN
  FOR part IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'rekey.reset_request'::regclass
  LOOP
    EXECUTE format('ALTER TABLE rekey.%I SET (fillfactor = 70)', part);
  END LOOP;
END $$;
