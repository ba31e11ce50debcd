-- locks: none; the schema is new
-- Requests, account rows, the outbox, limits, idempotency, suppression.

CREATE SCHEMA rekey;
COMMENT ON SCHEMA rekey IS 'Rekey, the password-reset service. Everything it keeps stands here.';

CREATE TABLE rekey.schema_version (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE rekey.schema_version IS 'One row for each migration applied; serving wants exactly the newest one it knows.';

-- Keyed hashes are 16 bytes long: enough to look up by, since nobody without the pepper can search for
-- two inputs with one hash.

CREATE TABLE rekey.account (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 16),
  revoked_before timestamptz,
  revoke_reason text CHECK (revoke_reason IN ('invalidated', 'sibling_consumed', 'completed')),
  earlier timestamptz[],
  earlier_reasons text[],
  mailed timestamptz[],
  CONSTRAINT revoked_has_a_reason CHECK ((revoked_before IS NULL) = (revoke_reason IS NULL)),
  CONSTRAINT earlier_has_reasons CHECK (coalesce(cardinality(earlier), 0) = coalesce(cardinality(earlier_reasons), 0))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE rekey.account IS
  'What decides over links: one row for each account of a caller, and one for each address of a caller, which decides over the links that name no account (yet). Consume, complete and invalidate lock it before the request.';
COMMENT ON COLUMN rekey.account.key IS 'account_key of the requests that name the account, address_key of those that name none.';
COMMENT ON COLUMN rekey.account.revoked_before IS 'A link is dead if its request was not made later.';
COMMENT ON COLUMN rekey.account.earlier IS
  'Former values of revoked_before with their reasons, newest first, the last seven: so that each link tells what killed it first.';
COMMENT ON COLUMN rekey.account.mailed IS
  'When the requests of the newest mailed links were made, newest first: a link is replaced if the token.keep_live-th of them is newer.';

CREATE TABLE rekey.reset_request (
  id uuid NOT NULL PRIMARY KEY,
  address_key bytea NOT NULL CHECK (octet_length(address_key) = 16),
  account_key bytea CHECK (octet_length(account_key) = 16),
  sealed bytea NOT NULL,
  kid bytea NOT NULL CHECK (octet_length(kid) = 4),
  caller text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  maybe_arrived_at timestamptz,
  sent_at timestamptz,
  consumed_at timestamptz,
  consumer_key bytea CHECK (octet_length(consumer_key) = 16),
  completed_at timestamptz,
  dropped_at timestamptz,
  drop_reason text CHECK (drop_reason IN ('no_account', 'suppressed', 'revoked', 'expired', 'dismissed')),
  CONSTRAINT dropped_has_a_reason CHECK ((dropped_at IS NULL) = (drop_reason IS NULL)),
  CONSTRAINT consumer_key_needs_consume CHECK (consumer_key IS NULL OR consumed_at IS NOT NULL),
  CONSTRAINT consumed_while_alive CHECK (consumed_at < expires_at),
  CONSTRAINT dropped_is_not_sent CHECK (dropped_at IS NULL OR sent_at IS NULL)
-- An end sets sent_at and a consume consumed_at: with no index on either, and room on the page, both are
-- heap-only updates, and no index is written again.
) WITH (fillfactor = 80);
COMMENT ON TABLE rekey.reset_request IS
  'One accepted POST /reset/request. The token is derived from id and a key of the keyring; it is stored nowhere.';
COMMENT ON COLUMN rekey.reset_request.id IS
  'UUIDv7 by database time, so that rows lie, and are purged, in the order of their making.';
COMMENT ON COLUMN rekey.reset_request.address_key IS 'Keyed hash of caller and typed address (domain case and IDNA folded).';
COMMENT ON COLUMN rekey.reset_request.account_key IS
  'Keyed hash of caller and account; null until the directory has answered, and where tokens name only an address.';
COMMENT ON COLUMN rekey.reset_request.sealed IS
  'AES-256-GCM of address, account and template data under a key of this row alone, derived from the key named by kid, with id as associated data.';
COMMENT ON COLUMN rekey.reset_request.expires_at IS
  'Moved at each claim of the link message to now + token.lifetime while no attempt can have arrived, so that a mailed link is alive when it arrives; afterwards it stands.';
COMMENT ON COLUMN rekey.reset_request.maybe_arrived_at IS
  'Since when an attempt that was not confirmed may have arrived: from then on the link only expires.';
COMMENT ON COLUMN rekey.reset_request.consumer_key IS
  'Keyed hash of the Idempotency-Key of the consume, so that a lost answer can be repeated to the same consumer only.';
COMMENT ON COLUMN rekey.reset_request.completed_at IS 'When the main app first reported the password as changed: the notice goes out once.';

CREATE INDEX reset_request_address ON rekey.reset_request (address_key);
CREATE INDEX reset_request_account ON rekey.reset_request (account_key) WHERE account_key IS NOT NULL;

-- What every verdict is read from. Of the row that decides: the first revocation that is not older than
-- the request, with its reason, and when newer links were mailed.
CREATE VIEW rekey.judged_request AS
SELECT r.*, a.mailed,
       CASE WHEN r.created_at <= a.revoked_before THEN
         coalesce((SELECT min(e.at) FROM unnest(a.earlier) AS e(at) WHERE e.at >= r.created_at), a.revoked_before)
       END AS revoked_at,
       CASE WHEN r.created_at <= a.revoked_before THEN
         coalesce(a.earlier_reasons[(SELECT count(*) FROM unnest(a.earlier) AS e(at) WHERE e.at >= r.created_at)],
                  a.revoke_reason)
       END AS revoke_reason
FROM rekey.reset_request r
LEFT JOIN rekey.account a ON a.key = coalesce(r.account_key, r.address_key);
COMMENT ON VIEW rekey.judged_request IS 'Requests with what their account rows say of them.';

CREATE TABLE rekey.outbox (
  id uuid NOT NULL PRIMARY KEY,
  request_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('link', 'changed', 'no_account', 'event')),
  queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_at timestamptz NOT NULL,
  attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
  lost integer NOT NULL DEFAULT 0 CHECK (lost >= 0),
  leased_until timestamptz,
  dead_at timestamptz,
  last_error text CHECK (octet_length(last_error) <= 200),
  event text CHECK (event IN
    ('delivery.failed', 'request.consumed', 'request.completed', 'request.disputed')),
  cause text CHECK (octet_length(cause) <= 200),
  CONSTRAINT dead_is_not_leased CHECK (dead_at IS NULL OR leased_until IS NULL),
  CONSTRAINT leased_was_attempted CHECK (leased_until IS NULL OR attempt > 0),
  CONSTRAINT dead_says_why CHECK (dead_at IS NULL OR last_error IS NOT NULL),
  CONSTRAINT event_has_a_type CHECK ((kind = 'event') = (event IS NOT NULL)),
  CONSTRAINT cause_belongs_to_an_event CHECK (cause IS NULL OR event IS NOT NULL),
  CONSTRAINT link_has_the_id_of_its_request CHECK (kind NOT IN ('link', 'no_account') OR id = request_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
COMMENT ON TABLE rekey.outbox IS
  'Messages still to be mailed. Written in the transaction of their request, deleted when sent.';
COMMENT ON COLUMN rekey.outbox.id IS 'Of a link that of its request: it is found without an index of its own.';
COMMENT ON COLUMN rekey.outbox.queued_at IS
  'Since when it waits: from here its time to be given up is counted. An operator who brings a dead letter back sets it anew, but for links.';
COMMENT ON COLUMN rekey.outbox.run_at IS 'Not before this moment.';
COMMENT ON COLUMN rekey.outbox.attempt IS 'Counted before an attempt starts: the fence that its end must name. Never goes back.';
COMMENT ON COLUMN rekey.outbox.failures IS 'Attempts that ended in a failure; the pause before the next one grows with them. Interrupted ones do not count.';
COMMENT ON COLUMN rekey.outbox.lost IS 'Attempts that never ended: what takes its worker down again and again becomes a dead letter.';
COMMENT ON COLUMN rekey.outbox.last_error IS 'A short cause (stage and reply code). Never text from outside, which may hold an address.';
COMMENT ON COLUMN rekey.outbox.event IS 'What the main app is told, for messages of kind event.';
COMMENT ON COLUMN rekey.outbox.cause IS 'Why, in a short token.';

-- One index for each queue, of what waits in it and of nothing else: a claim reads the first entries,
-- however long it is. A lease that was never ended stays leased, and so is told from what waits.
CREATE INDEX outbox_due ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND leased_until IS NULL AND kind <> 'event';
CREATE INDEX outbox_suspects ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND leased_until IS NOT NULL AND kind <> 'event';
CREATE INDEX outbox_events ON rekey.outbox (run_at)
  WHERE dead_at IS NULL AND kind = 'event';
-- What gets too old is looked for in the order of making, however many dead letters are older; what was
-- lost, by the queue of suspects, so that a claim writes nothing here.
CREATE INDEX outbox_oldest ON rekey.outbox (id)
  WHERE dead_at IS NULL AND leased_until IS NULL AND kind IN ('link', 'no_account');
CREATE INDEX outbox_dead ON rekey.outbox (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX outbox_request ON rekey.outbox (request_id) WHERE kind IN ('changed', 'event');

CREATE TABLE rekey.rate_limit (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 16),
  stamps timestamptz[] NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE rekey.rate_limit IS
  'For each limited key (address or client, of a caller) its last acceptance times, newest first, so a limit "n per window" is broken exactly if the n-th is younger than the window.';

CREATE TABLE rekey.idempotency (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 16),
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 16),
  request_id uuid NOT NULL,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE rekey.idempotency IS 'Idempotency-Key of accepted requests, as keyed hashes with their caller; honoured for 24 hours.';

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
    SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
      || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
  $$;
COMMENT ON FUNCTION rekey.new_id() IS 'A new message id: milliseconds of database time, then random bits (RFC 9562 section 5.7).';

-- Aborts a statement whose Idempotency-Key was taken by a concurrent one; the caller runs it again
-- and then sees that one's row. 40001 says "again".
CREATE FUNCTION rekey.lost_race() RETURNS text
  LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp
  AS $$ BEGIN RAISE EXCEPTION 'lost a race' USING ERRCODE = '40001'; END $$;
COMMENT ON FUNCTION rekey.lost_race() IS 'Raises serialization_failure.';

-- States only move forward, whatever a running role asks for. The conditions stand with the triggers,
-- where they cost next to nothing; only what breaks them gets here. The owner may mend by hand.
CREATE FUNCTION rekey.refuse_to_go_back() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
  AS $$
BEGIN
  IF NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'a state of %.% does not go back', TG_TABLE_SCHEMA, TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
COMMENT ON FUNCTION rekey.refuse_to_go_back() IS 'Raises integrity_constraint_violation for everybody but the owner.';

CREATE TRIGGER goes_forward BEFORE UPDATE ON rekey.reset_request
  FOR EACH ROW WHEN (
    NEW.id <> OLD.id OR NEW.address_key <> OLD.address_key OR NEW.caller <> OLD.caller
    OR NEW.created_at <> OLD.created_at
    OR OLD.account_key IS NOT NULL AND NEW.account_key IS NULL
    OR OLD.consumed_at IS NOT NULL AND (NEW.consumed_at IS DISTINCT FROM OLD.consumed_at
         OR NEW.consumer_key IS DISTINCT FROM OLD.consumer_key OR NEW.expires_at <> OLD.expires_at
         OR NEW.account_key IS DISTINCT FROM OLD.account_key)
    OR OLD.completed_at IS NOT NULL AND NEW.completed_at IS DISTINCT FROM OLD.completed_at
    OR OLD.maybe_arrived_at IS NOT NULL AND NEW.maybe_arrived_at IS DISTINCT FROM OLD.maybe_arrived_at
    OR OLD.sent_at IS NOT NULL AND NEW.sent_at IS NULL
    OR OLD.dropped_at IS NOT NULL AND NEW.dropped_at IS DISTINCT FROM OLD.dropped_at
    OR NEW.expires_at < OLD.expires_at
    OR NEW.expires_at > OLD.expires_at AND (OLD.maybe_arrived_at IS NOT NULL OR OLD.sent_at IS NOT NULL))
  EXECUTE FUNCTION rekey.refuse_to_go_back();

-- What was mailed and why links died is only added to, newest first, and so grows in the order of arrays.
CREATE TRIGGER goes_forward BEFORE UPDATE ON rekey.account
  FOR EACH ROW WHEN (
    NEW.key <> OLD.key
    OR OLD.revoked_before IS NOT NULL AND (NEW.revoked_before < OLD.revoked_before OR NEW.revoked_before IS NULL)
    OR OLD.revoked_before IS NOT DISTINCT FROM NEW.revoked_before
       AND (NEW.revoke_reason IS DISTINCT FROM OLD.revoke_reason OR NEW.earlier IS DISTINCT FROM OLD.earlier
            OR NEW.earlier_reasons IS DISTINCT FROM OLD.earlier_reasons)
    OR OLD.earlier IS NOT NULL AND (NEW.earlier < OLD.earlier OR NEW.earlier IS NULL)
    OR OLD.mailed IS NOT NULL AND (NEW.mailed < OLD.mailed OR NEW.mailed IS NULL))
  EXECUTE FUNCTION rekey.refuse_to_go_back();

-- A link that was revoked, or may be in somebody's hands, keeps its account.
CREATE FUNCTION rekey.refuse_other_account() RETURNS trigger
  LANGUAGE plpgsql
  SET search_path = pg_catalog, pg_temp
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

CREATE TRIGGER keeps_its_account BEFORE UPDATE ON rekey.reset_request
  FOR EACH ROW WHEN (OLD.account_key IS NOT NULL AND NEW.account_key IS DISTINCT FROM OLD.account_key)
  EXECUTE FUNCTION rekey.refuse_other_account();

-- No link lives for longer than 49 hours after its request: 24 in the outbox, 24 in a mailbox, one to spare.
CREATE TRIGGER stays_while_it_decides BEFORE DELETE ON rekey.account
  FOR EACH ROW WHEN (greatest(OLD.revoked_before, OLD.mailed[1]) > clock_timestamp() - interval '49 hours')
  EXECUTE FUNCTION rekey.refuse_to_go_back();

-- Serving processes remember for a moment what is limited. Whoever makes room by hand, in whatever
-- program, is heard by all of them; acceptances, which only take room, say nothing.
CREATE FUNCTION rekey.tell_limits() RETURNS trigger
  LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp
  AS $$ BEGIN PERFORM pg_notify('rekey_limits', ''); RETURN NULL; END $$;
COMMENT ON FUNCTION rekey.tell_limits() IS 'Tells the processes that serve that a limit was taken back.';

CREATE TRIGGER limits_deleted AFTER DELETE ON rekey.rate_limit
  FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();
CREATE TRIGGER limits_truncated AFTER TRUNCATE ON rekey.rate_limit
  FOR EACH STATEMENT EXECUTE FUNCTION rekey.tell_limits();
-- An acceptance adds a newer time, or after a step back of the clock one that is as new.
CREATE TRIGGER limits_eased AFTER UPDATE ON rekey.rate_limit
  FOR EACH ROW
  WHEN ((NEW.stamps[1] >= OLD.stamps[1]) IS NOT TRUE
    OR NEW.stamps[1] = OLD.stamps[1] AND cardinality(NEW.stamps) <= cardinality(OLD.stamps))
  EXECUTE FUNCTION rekey.tell_limits();
