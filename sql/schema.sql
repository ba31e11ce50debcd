-- The schema that all migrations make, to be read as a whole; nothing runs this file. Left out are
-- owners and the rights of roles.sql. A test holds it equal to the migrations.
--
-- Made anew after a new migration, from a database that was just migrated:
--   (sed '/^$/q' sql/schema.sql; pg_dump --schema-only --no-owner "$DATABASE_URL" |
--     grep -Ev '^(--|\\|SET |SELECT pg_catalog\.)' | cat -s) >schema && mv schema sql/schema.sql


CREATE SCHEMA rekey;

COMMENT ON SCHEMA rekey IS 'Rekey, the password-reset service. Everything it keeps stands here.';

CREATE FUNCTION rekey.lost_race() RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ BEGIN RAISE EXCEPTION 'lost a race' USING ERRCODE = '40001'; END $$;

COMMENT ON FUNCTION rekey.lost_race() IS 'Raises serialization_failure.';

CREATE FUNCTION rekey.new_id() RETURNS uuid
    LANGUAGE sql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
      || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  $$;

COMMENT ON FUNCTION rekey.new_id() IS 'A new message id: milliseconds of database time, then random bits (RFC 9562 section 5.7).';

CREATE FUNCTION rekey.refuse_other_account() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF (OLD.sent_at IS NOT NULL OR OLD.maybe_arrived_at IS NOT NULL
      OR EXISTS (SELECT FROM rekey.account a WHERE a.key = OLD.account_key AND a.revoked_before >= OLD.created_at))
    AND NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'the account of a request does not change' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

COMMENT ON FUNCTION rekey.refuse_other_account() IS 'Raises integrity_constraint_violation for everybody but the owner.';

CREATE FUNCTION rekey.refuse_to_go_back() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
  IF NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'a state of %.% does not go back', TG_TABLE_SCHEMA, TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

COMMENT ON FUNCTION rekey.refuse_to_go_back() IS 'Raises integrity_constraint_violation for everybody but the owner.';

CREATE FUNCTION rekey.tell_limits() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$ BEGIN PERFORM pg_notify('rekey_limits', ''); RETURN NULL; END $$;

COMMENT ON FUNCTION rekey.tell_limits() IS 'Tells the processes that serve that a limit was taken back.';

CREATE TABLE rekey.account (
    key bytea NOT NULL,
    revoked_before timestamp with time zone,
    revoke_reason text,
    earlier timestamp with time zone[],
    earlier_reasons text[],
    mailed timestamp with time zone[],
    CONSTRAINT account_key_check CHECK ((octet_length(key) = 16)),
    CONSTRAINT account_revoke_reason_check CHECK ((revoke_reason = ANY (ARRAY['invalidated'::text, 'sibling_consumed'::text, 'completed'::text]))),
    CONSTRAINT earlier_has_reasons CHECK ((COALESCE(cardinality(earlier), 0) = COALESCE(cardinality(earlier_reasons), 0))),
    CONSTRAINT revoked_has_a_reason CHECK (((revoked_before IS NULL) = (revoke_reason IS NULL)))
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.02');

COMMENT ON TABLE rekey.account IS 'What decides over links: one row for each account of a caller, and one for each address of a caller, which decides over the links that name no account (yet). Consume, complete and invalidate lock it before the request.';

COMMENT ON COLUMN rekey.account.key IS 'account_key of the requests that name the account, address_key of those that name none.';

COMMENT ON COLUMN rekey.account.revoked_before IS 'A link is dead if its request was not made later.';

COMMENT ON COLUMN rekey.account.earlier IS 'Former values of revoked_before with their reasons, newest first, the last seven: so that each link tells what killed it first.';

COMMENT ON COLUMN rekey.account.mailed IS 'When the requests of the newest mailed links were made, newest first: a link is replaced if the token.keep_live-th of them is newer.';

CREATE TABLE rekey.hook_receipt (
    key bytea NOT NULL,
    received_at timestamp with time zone NOT NULL,
    CONSTRAINT hook_receipt_key_check CHECK ((octet_length(key) = 16))
);

COMMENT ON TABLE rekey.hook_receipt IS 'Keyed hashes of what providers have reported: no report counts twice. Kept for longer than a report is taken for fresh.';

CREATE TABLE rekey.idempotency (
    key bytea NOT NULL,
    body_hash bytea NOT NULL,
    request_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT idempotency_body_hash_check CHECK ((octet_length(body_hash) = 16)),
    CONSTRAINT idempotency_key_check CHECK ((octet_length(key) = 16))
);

COMMENT ON TABLE rekey.idempotency IS 'Idempotency-Key of accepted requests, as keyed hashes with their caller; honoured for 24 hours.';

CREATE TABLE rekey.reset_request (
    id uuid NOT NULL,
    address_key bytea NOT NULL,
    account_key bytea,
    sealed bytea NOT NULL,
    kid bytea NOT NULL,
    caller text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    maybe_arrived_at timestamp with time zone,
    sent_at timestamp with time zone,
    consumed_at timestamp with time zone,
    consumer_key bytea,
    completed_at timestamp with time zone,
    dropped_at timestamp with time zone,
    drop_reason text,
    CONSTRAINT consumed_while_alive CHECK ((consumed_at < expires_at)),
    CONSTRAINT consumer_key_needs_consume CHECK (((consumer_key IS NULL) OR (consumed_at IS NOT NULL))),
    CONSTRAINT dropped_has_a_reason CHECK (((dropped_at IS NULL) = (drop_reason IS NULL))),
    CONSTRAINT dropped_is_not_sent CHECK (((dropped_at IS NULL) OR (sent_at IS NULL))),
    CONSTRAINT reset_request_account_key_check CHECK ((octet_length(account_key) = 16)),
    CONSTRAINT reset_request_address_key_check CHECK ((octet_length(address_key) = 16)),
    CONSTRAINT reset_request_consumer_key_check CHECK ((octet_length(consumer_key) = 16)),
    CONSTRAINT reset_request_drop_reason_check CHECK ((drop_reason = ANY (ARRAY['no_account'::text, 'suppressed'::text, 'revoked'::text, 'expired'::text, 'dismissed'::text]))),
    CONSTRAINT reset_request_kid_check CHECK ((octet_length(kid) = 4))
)
WITH (fillfactor='80');

COMMENT ON TABLE rekey.reset_request IS 'One accepted POST /reset/request. The token is derived from id and a key of the keyring; it is stored nowhere.';

COMMENT ON COLUMN rekey.reset_request.id IS 'UUIDv7 by database time, so that rows lie, and are purged, in the order of their making.';

COMMENT ON COLUMN rekey.reset_request.address_key IS 'Keyed hash of caller and typed address (domain case and IDNA folded).';

COMMENT ON COLUMN rekey.reset_request.account_key IS 'Keyed hash of caller and account; null until the directory has answered, and where tokens name only an address.';

COMMENT ON COLUMN rekey.reset_request.sealed IS 'AES-256-GCM of address, account and template data under a key of this row alone, derived from the key named by kid, with id as associated data.';

COMMENT ON COLUMN rekey.reset_request.expires_at IS 'Moved at each claim of the link message to now + token.lifetime while no attempt can have arrived, so that a mailed link is alive when it arrives; afterwards it stands.';

COMMENT ON COLUMN rekey.reset_request.maybe_arrived_at IS 'Since when an attempt that was not confirmed may have arrived: from then on the link only expires.';

COMMENT ON COLUMN rekey.reset_request.consumer_key IS 'Keyed hash of the Idempotency-Key of the consume, so that a lost answer can be repeated to the same consumer only.';

COMMENT ON COLUMN rekey.reset_request.completed_at IS 'When the main app first reported the password as changed: the notice goes out once.';

CREATE VIEW rekey.judged_request AS
 SELECT r.id,
    r.address_key,
    r.account_key,
    r.sealed,
    r.kid,
    r.caller,
    r.created_at,
    r.expires_at,
    r.maybe_arrived_at,
    r.sent_at,
    r.consumed_at,
    r.consumer_key,
    r.completed_at,
    r.dropped_at,
    r.drop_reason,
    a.mailed,
        CASE
            WHEN (r.created_at <= a.revoked_before) THEN COALESCE(( SELECT min(e.at) AS min
               FROM unnest(a.earlier) e(at)
              WHERE (e.at >= r.created_at)), a.revoked_before)
            ELSE NULL::timestamp with time zone
        END AS revoked_at,
        CASE
            WHEN (r.created_at <= a.revoked_before) THEN COALESCE(a.earlier_reasons[( SELECT count(*) AS count
               FROM unnest(a.earlier) e(at)
              WHERE (e.at >= r.created_at))], a.revoke_reason)
            ELSE NULL::text
        END AS revoke_reason
   FROM (rekey.reset_request r
     LEFT JOIN rekey.account a ON ((a.key = COALESCE(r.account_key, r.address_key))));

COMMENT ON VIEW rekey.judged_request IS 'Requests with what their account rows say of them.';

CREATE TABLE rekey.outbox (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    kind text NOT NULL,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    run_at timestamp with time zone NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    leased_until timestamp with time zone,
    dead_at timestamp with time zone,
    last_error text,
    event text,
    cause text,
    CONSTRAINT cause_belongs_to_an_event CHECK (((cause IS NULL) OR (event IS NOT NULL))),
    CONSTRAINT dead_is_not_leased CHECK (((dead_at IS NULL) OR (leased_until IS NULL))),
    CONSTRAINT dead_says_why CHECK (((dead_at IS NULL) OR (last_error IS NOT NULL))),
    CONSTRAINT event_has_a_type CHECK (((kind = 'event'::text) = (event IS NOT NULL))),
    CONSTRAINT leased_was_attempted CHECK (((leased_until IS NULL) OR (attempt > 0))),
    CONSTRAINT link_has_the_id_of_its_request CHECK (((kind <> ALL (ARRAY['link'::text, 'no_account'::text])) OR (id = request_id))),
    CONSTRAINT outbox_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT outbox_cause_check CHECK ((octet_length(cause) <= 200)),
    CONSTRAINT outbox_event_check CHECK ((event = ANY (ARRAY['delivery.failed'::text, 'request.consumed'::text, 'request.completed'::text, 'request.disputed'::text]))),
    CONSTRAINT outbox_failures_check CHECK ((failures >= 0)),
    CONSTRAINT outbox_kind_check CHECK ((kind = ANY (ARRAY['link'::text, 'changed'::text, 'no_account'::text, 'event'::text]))),
    CONSTRAINT outbox_last_error_check CHECK ((octet_length(last_error) <= 200)),
    CONSTRAINT outbox_lost_check CHECK ((lost >= 0))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.02');

COMMENT ON TABLE rekey.outbox IS 'Messages still to be mailed. Written in the transaction of their request, deleted when sent.';

COMMENT ON COLUMN rekey.outbox.id IS 'Of a link that of its request: it is found without an index of its own.';

COMMENT ON COLUMN rekey.outbox.queued_at IS 'Since when it waits: from here its time to be given up is counted. An operator who brings a dead letter back sets it anew, but for links.';

COMMENT ON COLUMN rekey.outbox.run_at IS 'Not before this moment.';

COMMENT ON COLUMN rekey.outbox.attempt IS 'Counted before an attempt starts: the fence that its end must name. Never goes back.';

COMMENT ON COLUMN rekey.outbox.failures IS 'Attempts that ended in a failure; the pause before the next one grows with them. Interrupted ones do not count.';

COMMENT ON COLUMN rekey.outbox.lost IS 'Attempts that never ended: what takes its worker down again and again becomes a dead letter.';

COMMENT ON COLUMN rekey.outbox.last_error IS 'A short cause (stage and reply code). Never text from outside, which may hold an address.';

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
    CONSTRAINT rate_limit_key_check CHECK ((octet_length(key) = 16))
)
WITH (fillfactor='70');

COMMENT ON TABLE rekey.rate_limit IS 'For each limited key (address or client, of a caller) its last acceptance times, newest first, so a limit "n per window" is broken exactly if the n-th is younger than the window.';

CREATE TABLE rekey.schema_version (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE rekey.schema_version IS 'One row for each migration applied; serving wants exactly the newest one it knows.';

CREATE TABLE rekey.suppression (
    address_key bytea NOT NULL,
    caller text NOT NULL,
    id uuid NOT NULL,
    sealed bytea NOT NULL,
    kid bytea NOT NULL,
    reason text NOT NULL,
    source text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT suppression_address_key_check CHECK ((octet_length(address_key) = 16)),
    CONSTRAINT suppression_kid_check CHECK ((octet_length(kid) = 4)),
    CONSTRAINT suppression_reason_check CHECK ((reason = ANY (ARRAY['refused'::text, 'bounce'::text, 'complaint'::text, 'manual'::text]))),
    CONSTRAINT suppression_source_check CHECK (((octet_length(source) >= 1) AND (octet_length(source) <= 64)))
);

COMMENT ON TABLE rekey.suppression IS 'Addresses that get no mail of a caller until expires_at. Requests for them are accepted as always.';

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

ALTER TABLE ONLY rekey.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (key);

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

CREATE INDEX outbox_oldest ON rekey.outbox USING btree (id) WHERE ((dead_at IS NULL) AND (leased_until IS NULL) AND (kind = ANY (ARRAY['link'::text, 'no_account'::text])));

CREATE INDEX outbox_request ON rekey.outbox USING btree (request_id) WHERE (kind = ANY (ARRAY['changed'::text, 'event'::text]));

CREATE INDEX outbox_suspects ON rekey.outbox USING btree (run_at) WHERE ((dead_at IS NULL) AND (leased_until IS NOT NULL) AND (kind <> 'event'::text));

CREATE INDEX reset_request_account ON rekey.reset_request USING btree (account_key) WHERE (account_key IS NOT NULL);

CREATE INDEX reset_request_address ON rekey.reset_request USING btree (address_key);

CREATE TRIGGER goes_forward BEFORE UPDATE ON rekey.account FOR EACH ROW WHEN (((new.key <> old.key) OR ((old.revoked_before IS NOT NULL) AND ((new.revoked_before < old.revoked_before) OR (new.revoked_before IS NULL))) OR ((NOT (old.revoked_before IS DISTINCT FROM new.revoked_before)) AND ((new.revoke_reason IS DISTINCT FROM old.revoke_reason) OR (new.earlier IS DISTINCT FROM old.earlier) OR (new.earlier_reasons IS DISTINCT FROM old.earlier_reasons))) OR ((old.earlier IS NOT NULL) AND ((new.earlier < old.earlier) OR (new.earlier IS NULL))) OR ((old.mailed IS NOT NULL) AND ((new.mailed < old.mailed) OR (new.mailed IS NULL))))) EXECUTE FUNCTION rekey.refuse_to_go_back();

CREATE TRIGGER goes_forward BEFORE UPDATE ON rekey.reset_request FOR EACH ROW WHEN (((new.id <> old.id) OR (new.address_key <> old.address_key) OR (new.caller <> old.caller) OR (new.created_at <> old.created_at) OR ((old.account_key IS NOT NULL) AND (new.account_key IS NULL)) OR ((old.consumed_at IS NOT NULL) AND ((new.consumed_at IS DISTINCT FROM old.consumed_at) OR (new.consumer_key IS DISTINCT FROM old.consumer_key) OR (new.expires_at <> old.expires_at) OR (new.account_key IS DISTINCT FROM old.account_key))) OR ((old.completed_at IS NOT NULL) AND (new.completed_at IS DISTINCT FROM old.completed_at)) OR ((old.maybe_arrived_at IS NOT NULL) AND (new.maybe_arrived_at IS DISTINCT FROM old.maybe_arrived_at)) OR ((old.sent_at IS NOT NULL) AND (new.sent_at IS NULL)) OR ((old.dropped_at IS NOT NULL) AND (new.dropped_at IS DISTINCT FROM old.dropped_at)) OR (new.expires_at < old.expires_at) OR ((new.expires_at > old.expires_at) AND ((old.maybe_arrived_at IS NOT NULL) OR (old.sent_at IS NOT NULL))))) EXECUTE FUNCTION rekey.refuse_to_go_back();

CREATE TRIGGER keeps_its_account BEFORE UPDATE ON rekey.reset_request FOR EACH ROW WHEN (((old.account_key IS NOT NULL) AND (new.account_key IS DISTINCT FROM old.account_key))) EXECUTE FUNCTION rekey.refuse_other_account();

CREATE TRIGGER limits_deleted AFTER DELETE ON rekey.rate_limit FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();

CREATE TRIGGER limits_eased AFTER UPDATE ON rekey.rate_limit FOR EACH ROW WHEN ((((new.stamps[1] >= old.stamps[1]) IS NOT TRUE) OR ((new.stamps[1] = old.stamps[1]) AND (cardinality(new.stamps) <= cardinality(old.stamps))))) EXECUTE FUNCTION rekey.tell_limits();

CREATE TRIGGER limits_truncated AFTER TRUNCATE ON rekey.rate_limit FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();

CREATE TRIGGER stays_while_it_decides BEFORE DELETE ON rekey.account FOR EACH ROW WHEN ((GREATEST(old.revoked_before, old.mailed[1]) > (clock_timestamp() - '49:00:00'::interval))) EXECUTE FUNCTION rekey.refuse_to_go_back();

