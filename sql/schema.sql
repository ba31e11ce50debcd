-- The schema that all migrations make, to be read as a whole; nothing runs this file. Left out are
-- the day partitions, owners and the rights of roles.sql. A test holds it equal to the migrations.
--
-- Made anew after a new migration, from a database that was just migrated:
--   (sed '/^$/q' sql/schema.sql; pg_dump --schema-only --no-owner \
--     --exclude-table='rekey.reset_request_2*' "$DATABASE_URL" |
--     grep -Ev '^(--|\\|SET |SELECT pg_catalog\.)' | cat -s) >schema && mv schema sql/schema.sql


CREATE SCHEMA rekey;

COMMENT ON SCHEMA rekey IS 'Rekey, the password-reset service. Everything it keeps stands here.';

CREATE FUNCTION rekey.drop_partition(older_than timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
  part record;
  held bigint;
  busy boolean;
  next_id uuid;
BEGIN
  -- One day for each call, so that nobody waits behind the counting of another. A day goes only if all of it is past the limit; the floor keeps a slip of the hand from taking
  -- requests that may still be alive.
  IF older_than > clock_timestamp() - interval '1 day' THEN
    RAISE EXCEPTION 'older_than must be at least one day ago' USING ERRCODE = '22023';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('rekey.partitions'));
  FOR part IN
    SELECT c.relname, to_date(right(c.relname, 8), 'YYYYMMDD') AS day
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'rekey.reset_request'::regclass AND c.relname ~ '^reset_request_\d{8}$'
    ORDER BY c.relname
  LOOP
    EXIT WHEN (part.day + 1)::timestamp AT TIME ZONE 'UTC' > older_than;
    next_id := rekey.first_id_at((part.day + 1)::timestamp AT TIME ZONE 'UTC');
    -- A live link or a message still to be sent keeps its whole day; purge then takes the rest by rows.
    EXECUTE format('SELECT EXISTS (SELECT FROM rekey.%I r WHERE r.expires_at > $1
          AND r.consumed_at IS NULL AND r.revoked_at IS NULL)
        OR EXISTS (SELECT FROM rekey.%1$I r WHERE r.created_at >= $2)
        OR EXISTS (SELECT FROM rekey.outbox o WHERE o.dead_at IS NULL AND o.request_id >= $3 AND o.request_id < $4)',
        part.relname)
      INTO busy USING clock_timestamp(), older_than,
        rekey.first_id_at(part.day::timestamp AT TIME ZONE 'UTC'), next_id;
    CONTINUE WHEN busy;
    EXECUTE format('SELECT count(*) FROM rekey.%I', part.relname) INTO held;
    EXECUTE format('DROP TABLE rekey.%I', part.relname);
    RETURN held;
  END LOOP;
  RETURN NULL;
END $_$;

COMMENT ON FUNCTION rekey.drop_partition(older_than timestamp with time zone) IS 'Drops the oldest day partition that lies wholly before a moment and holds nothing alive; returns how many requests went with it, null if there is none.';

CREATE FUNCTION rekey.first_id_at(moment timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
  $$;

COMMENT ON FUNCTION rekey.first_id_at(moment timestamp with time zone) IS 'The lowest request id that a moment can have; bounds of partitions and of age in queries.';

CREATE FUNCTION rekey.lost_race() RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ BEGIN RAISE EXCEPTION 'lost a race' USING ERRCODE = '40001'; END $$;

COMMENT ON FUNCTION rekey.lost_race() IS 'Raises serialization_failure.';

CREATE FUNCTION rekey.make_partitions(days_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
END $_$;

COMMENT ON FUNCTION rekey.make_partitions(days_ahead integer) IS 'Makes the day partitions from today to so many days ahead (UTC days of database time) and returns how many were missing.';

CREATE FUNCTION rekey.new_id() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (left(rekey.first_id_at(clock_timestamp())::text, 14) || '7'
      || substr(gen_random_uuid()::text, 16))::uuid
  $$;

COMMENT ON FUNCTION rekey.new_id() IS 'A new message id: milliseconds of database time, then random bits (RFC 9562 section 5.7).';

CREATE FUNCTION rekey.tell_limits() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ BEGIN PERFORM pg_notify('rekey_limits', ''); RETURN NULL; END $$;

COMMENT ON FUNCTION rekey.tell_limits() IS 'Tells the processes that serve that a limit was taken back.';

CREATE TABLE rekey.hook_receipt (
    key bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT hook_receipt_key_check CHECK ((octet_length(key) = 32))
);

COMMENT ON TABLE rekey.hook_receipt IS 'Keyed hashes of what providers have reported: no report counts twice. Kept for longer than a report is taken for fresh.';

CREATE TABLE rekey.idempotency (
    key bytea NOT NULL,
    body_hash bytea NOT NULL,
    request_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_body_hash_check CHECK ((octet_length(body_hash) = 32)),
    CONSTRAINT idempotency_key_check CHECK ((octet_length(key) = 32))
);

COMMENT ON TABLE rekey.idempotency IS 'Idempotency-Key of accepted requests, as keyed hashes with their caller; honoured for 24 hours.';

CREATE TABLE rekey.outbox (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    leased_until timestamp with time zone,
    dead_at timestamp with time zone,
    last_error text,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    event text,
    cause text,
    CONSTRAINT cause_belongs_to_an_event CHECK (((cause IS NULL) OR (event IS NOT NULL))),
    CONSTRAINT dead_is_not_leased CHECK (((dead_at IS NULL) OR (leased_until IS NULL))),
    CONSTRAINT dead_says_why CHECK (((dead_at IS NULL) OR (last_error IS NOT NULL))),
    CONSTRAINT event_has_a_type CHECK (((kind = 'event'::text) = (event IS NOT NULL))),
    CONSTRAINT leased_was_attempted CHECK (((leased_until IS NULL) OR (attempt > 0))),
    CONSTRAINT outbox_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT outbox_cause_check CHECK ((octet_length(cause) <= 200)),
    CONSTRAINT outbox_event_check CHECK ((event = ANY (ARRAY['delivery.failed'::text, 'request.consumed'::text, 'request.completed'::text, 'request.disputed'::text]))),
    CONSTRAINT outbox_failures_check CHECK ((failures >= 0)),
    CONSTRAINT outbox_kind_check CHECK ((kind = ANY (ARRAY['link'::text, 'changed'::text, 'no_account'::text, 'event'::text]))),
    CONSTRAINT outbox_last_error_check CHECK ((octet_length(last_error) <= 200)),
    CONSTRAINT outbox_lost_check CHECK ((lost >= 0))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

COMMENT ON TABLE rekey.outbox IS 'Messages still to be mailed. Written in the transaction of their request, deleted when sent; no foreign key, so that whole days of requests can be dropped.';

COMMENT ON COLUMN rekey.outbox.run_at IS 'Not before this moment.';

COMMENT ON COLUMN rekey.outbox.attempt IS 'Counted before an attempt starts: the fence that its end must name. Never goes back.';

COMMENT ON COLUMN rekey.outbox.last_error IS 'A short cause (stage and reply code). Never text from outside, which may hold an address.';

COMMENT ON COLUMN rekey.outbox.queued_at IS 'Since when it waits: from here its time to be given up is counted. An operator who brings a dead letter back sets it anew, but for links.';

COMMENT ON COLUMN rekey.outbox.failures IS 'Attempts that ended in a failure; the pause before the next one grows with them. Interrupted ones do not count.';

COMMENT ON COLUMN rekey.outbox.lost IS 'Attempts that never ended: what takes its worker down again and again becomes a dead letter.';

COMMENT ON COLUMN rekey.outbox.event IS 'What the main app is told, for messages of kind event.';

COMMENT ON COLUMN rekey.outbox.cause IS 'Why, in a short token.';

CREATE TABLE rekey.outbox_pause (
    single boolean DEFAULT true NOT NULL,
    paused_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    reason text,
    CONSTRAINT outbox_pause_reason_check CHECK ((octet_length(reason) <= 200)),
    CONSTRAINT outbox_pause_single_check CHECK (single)
);

COMMENT ON TABLE rekey.outbox_pause IS 'While its one row is there nothing is claimed; what gets too old meanwhile still expires.';

CREATE TABLE rekey.rate_limit (
    key bytea NOT NULL,
    stamps timestamp with time zone[] NOT NULL,
    CONSTRAINT rate_limit_key_check CHECK ((octet_length(key) = 32))
)
WITH (fillfactor='70');

COMMENT ON TABLE rekey.rate_limit IS 'For each limited key (address or client) its last acceptance times, newest first, so a limit "n per window" is broken exactly if the n-th is younger than the window.';

CREATE TABLE rekey.reset_request (
    id uuid NOT NULL,
    address_key bytea NOT NULL,
    account_key bytea,
    sealed bytea NOT NULL,
    kid bytea NOT NULL,
    caller text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    consumer_key bytea,
    revoked_at timestamp with time zone,
    revoke_reason text,
    dropped_at timestamp with time zone,
    drop_reason text,
    completed_at timestamp with time zone,
    CONSTRAINT consumed_or_revoked CHECK (((consumed_at IS NULL) OR (revoked_at IS NULL))),
    CONSTRAINT consumed_while_alive CHECK ((consumed_at < expires_at)),
    CONSTRAINT consumer_key_needs_consume CHECK (((consumer_key IS NULL) OR (consumed_at IS NOT NULL))),
    CONSTRAINT dropped_has_a_reason CHECK (((dropped_at IS NULL) = (drop_reason IS NULL))),
    CONSTRAINT dropped_is_not_sent CHECK (((dropped_at IS NULL) OR (sent_at IS NULL))),
    CONSTRAINT reset_request_account_key_check CHECK ((octet_length(account_key) = 32)),
    CONSTRAINT reset_request_address_key_check CHECK ((octet_length(address_key) = 32)),
    CONSTRAINT reset_request_consumer_key_check CHECK ((octet_length(consumer_key) = 32)),
    CONSTRAINT reset_request_drop_reason_check CHECK ((drop_reason = ANY (ARRAY['no_account'::text, 'suppressed'::text, 'revoked'::text, 'expired'::text, 'dismissed'::text]))),
    CONSTRAINT reset_request_kid_check CHECK ((octet_length(kid) = 4)),
    CONSTRAINT reset_request_revoke_reason_check CHECK ((revoke_reason = ANY (ARRAY['invalidated'::text, 'sibling_consumed'::text, 'replaced'::text, 'completed'::text]))),
    CONSTRAINT revoked_has_a_reason CHECK (((revoked_at IS NULL) = (revoke_reason IS NULL)))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE rekey.reset_request IS 'One accepted POST /reset/request. The token is derived from id and a key of the keyring; it is stored nowhere.';

COMMENT ON COLUMN rekey.reset_request.id IS 'UUIDv7 by database time: its first 48 bits are milliseconds, so a day is a contiguous range and a partition.';

COMMENT ON COLUMN rekey.reset_request.address_key IS 'Keyed hash of the typed address (domain case and IDNA folded).';

COMMENT ON COLUMN rekey.reset_request.account_key IS 'Keyed hash of caller and account, or of caller and address where tokens name only an address; null until the directory has answered.';

COMMENT ON COLUMN rekey.reset_request.sealed IS 'AES-256-GCM of address, account and template data under the key named by kid, with id as associated data.';

COMMENT ON COLUMN rekey.reset_request.expires_at IS 'Moved at each claim of the link message to now + token.lifetime, so a mailed link is alive when it arrives.';

COMMENT ON COLUMN rekey.reset_request.consumer_key IS 'Keyed hash of the Idempotency-Key of the consume, so that a lost answer can be repeated to the same consumer only.';

COMMENT ON COLUMN rekey.reset_request.completed_at IS 'When the main app first reported the password as changed: the notice goes out once.';

CREATE TABLE rekey.reset_request_default (
    id uuid NOT NULL,
    address_key bytea NOT NULL,
    account_key bytea,
    sealed bytea NOT NULL,
    kid bytea NOT NULL,
    caller text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    consumed_at timestamp with time zone,
    consumer_key bytea,
    revoked_at timestamp with time zone,
    revoke_reason text,
    dropped_at timestamp with time zone,
    drop_reason text,
    completed_at timestamp with time zone,
    CONSTRAINT consumed_or_revoked CHECK (((consumed_at IS NULL) OR (revoked_at IS NULL))),
    CONSTRAINT consumed_while_alive CHECK ((consumed_at < expires_at)),
    CONSTRAINT consumer_key_needs_consume CHECK (((consumer_key IS NULL) OR (consumed_at IS NOT NULL))),
    CONSTRAINT dropped_has_a_reason CHECK (((dropped_at IS NULL) = (drop_reason IS NULL))),
    CONSTRAINT dropped_is_not_sent CHECK (((dropped_at IS NULL) OR (sent_at IS NULL))),
    CONSTRAINT reset_request_account_key_check CHECK ((octet_length(account_key) = 32)),
    CONSTRAINT reset_request_address_key_check CHECK ((octet_length(address_key) = 32)),
    CONSTRAINT reset_request_consumer_key_check CHECK ((octet_length(consumer_key) = 32)),
    CONSTRAINT reset_request_drop_reason_check CHECK ((drop_reason = ANY (ARRAY['no_account'::text, 'suppressed'::text, 'revoked'::text, 'expired'::text, 'dismissed'::text]))),
    CONSTRAINT reset_request_kid_check CHECK ((octet_length(kid) = 4)),
    CONSTRAINT reset_request_revoke_reason_check CHECK ((revoke_reason = ANY (ARRAY['invalidated'::text, 'sibling_consumed'::text, 'replaced'::text, 'completed'::text]))),
    CONSTRAINT revoked_has_a_reason CHECK (((revoked_at IS NULL) = (revoke_reason IS NULL)))
)
WITH (fillfactor='70');

CREATE TABLE rekey.schema_version (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE rekey.schema_version IS 'One row for each migration applied; serving wants exactly the newest one it knows.';

CREATE TABLE rekey.suppression (
    address_key bytea NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    kid bytea NOT NULL,
    reason text NOT NULL,
    source text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT suppression_address_key_check CHECK ((octet_length(address_key) = 32)),
    CONSTRAINT suppression_kid_check CHECK ((octet_length(kid) = 4)),
    CONSTRAINT suppression_reason_check CHECK ((reason = ANY (ARRAY['refused'::text, 'bounce'::text, 'complaint'::text, 'manual'::text]))),
    CONSTRAINT suppression_source_check CHECK (((octet_length(source) >= 1) AND (octet_length(source) <= 64)))
);

COMMENT ON TABLE rekey.suppression IS 'Addresses that get no mail until expires_at. Requests for them are accepted as always.';

COMMENT ON COLUMN rekey.suppression.sealed IS 'The address, sealed with id as associated data: operators have to know whom they release.';

CREATE TABLE rekey.transport_state (
    worker uuid NOT NULL,
    transport text NOT NULL,
    state text NOT NULL,
    cause text,
    changed_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT transport_state_cause_check CHECK ((octet_length(cause) <= 200)),
    CONSTRAINT transport_state_state_check CHECK ((state = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))),
    CONSTRAINT transport_state_transport_check CHECK (((octet_length(transport) >= 1) AND (octet_length(transport) <= 64)))
);

COMMENT ON TABLE rekey.transport_state IS 'The circuit breakers of every running worker, as they last told; only to be looked at.';

ALTER TABLE ONLY rekey.reset_request ATTACH PARTITION rekey.reset_request_default DEFAULT;

ALTER TABLE ONLY rekey.hook_receipt
    ADD CONSTRAINT hook_receipt_pkey PRIMARY KEY (key);

ALTER TABLE ONLY rekey.idempotency
    ADD CONSTRAINT idempotency_pkey PRIMARY KEY (key);

ALTER TABLE ONLY rekey.outbox_pause
    ADD CONSTRAINT outbox_pause_pkey PRIMARY KEY (single);

ALTER TABLE ONLY rekey.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rekey.rate_limit
    ADD CONSTRAINT rate_limit_pkey PRIMARY KEY (key);

ALTER TABLE ONLY rekey.reset_request
    ADD CONSTRAINT reset_request_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rekey.reset_request_default
    ADD CONSTRAINT reset_request_default_pkey PRIMARY KEY (id);

ALTER TABLE ONLY rekey.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);

ALTER TABLE ONLY rekey.suppression
    ADD CONSTRAINT suppression_pkey PRIMARY KEY (address_key);

ALTER TABLE ONLY rekey.transport_state
    ADD CONSTRAINT transport_state_pkey PRIMARY KEY (worker, transport);

CREATE INDEX hook_receipt_age ON rekey.hook_receipt USING btree (received_at);

CREATE INDEX outbox_dead ON rekey.outbox USING btree (dead_at) WHERE (dead_at IS NOT NULL);

CREATE INDEX outbox_due ON rekey.outbox USING btree (run_at) WHERE ((dead_at IS NULL) AND (leased_until IS NULL) AND (kind <> 'event'::text));

CREATE INDEX outbox_events ON rekey.outbox USING btree (run_at) WHERE ((dead_at IS NULL) AND (kind = 'event'::text));

CREATE INDEX outbox_request ON rekey.outbox USING btree (request_id);

CREATE INDEX outbox_suspects ON rekey.outbox USING btree (run_at) WHERE ((dead_at IS NULL) AND (leased_until IS NOT NULL) AND (kind <> 'event'::text));

CREATE INDEX reset_request_address ON ONLY rekey.reset_request USING btree (address_key);

CREATE INDEX reset_request_ages ON ONLY rekey.reset_request USING brin (created_at) WITH (pages_per_range='32');

CREATE INDEX reset_request_live_account ON ONLY rekey.reset_request USING btree (account_key) WHERE ((consumed_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX reset_request_default_account_key_idx ON rekey.reset_request_default USING btree (account_key) WHERE ((consumed_at IS NULL) AND (revoked_at IS NULL));

CREATE INDEX reset_request_default_address_key_idx ON rekey.reset_request_default USING btree (address_key);

CREATE INDEX reset_request_default_created_at_idx ON rekey.reset_request_default USING brin (created_at) WITH (pages_per_range='32');

ALTER INDEX rekey.reset_request_live_account ATTACH PARTITION rekey.reset_request_default_account_key_idx;

ALTER INDEX rekey.reset_request_address ATTACH PARTITION rekey.reset_request_default_address_key_idx;

ALTER INDEX rekey.reset_request_ages ATTACH PARTITION rekey.reset_request_default_created_at_idx;

ALTER INDEX rekey.reset_request_pkey ATTACH PARTITION rekey.reset_request_default_pkey;

CREATE TRIGGER limits_deleted AFTER DELETE ON rekey.rate_limit FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();

CREATE TRIGGER limits_eased AFTER UPDATE ON rekey.rate_limit FOR EACH ROW WHEN ((((new.stamps[1] >= old.stamps[1]) IS NOT TRUE) OR ((new.stamps[1] = old.stamps[1]) AND (cardinality(new.stamps) <= cardinality(old.stamps))))) EXECUTE FUNCTION rekey.tell_limits();

CREATE TRIGGER limits_truncated AFTER TRUNCATE ON rekey.rate_limit FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();

REVOKE ALL ON FUNCTION rekey.drop_partition(older_than timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION rekey.make_partitions(days_ahead integer) FROM PUBLIC;

