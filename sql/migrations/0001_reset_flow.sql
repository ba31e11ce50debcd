-- The reset flow: requests, the outbox, limits, idempotency, day partitions.

CREATE SCHEMA rekey;
COMMENT ON SCHEMA rekey IS 'Rekey, the password-reset service. Everything it keeps stands here.';

CREATE TABLE rekey.schema_version (
  version integer PRIMARY KEY,
  name text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE rekey.schema_version IS 'One row for each migration applied; serving wants exactly the newest one it knows.';

CREATE TABLE rekey.reset_request (
  id uuid NOT NULL PRIMARY KEY,
  address_key bytea NOT NULL CHECK (octet_length(address_key) = 32),
  account_key bytea CHECK (octet_length(account_key) = 32),
  sealed bytea NOT NULL,
  kid bytea NOT NULL CHECK (octet_length(kid) = 4),
  caller text NOT NULL,
  created_at timestamptz NOT NULL,
  sent_at timestamptz,
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  consumer_key bytea CHECK (octet_length(consumer_key) = 32),
  revoked_at timestamptz,
  revoke_reason text CHECK (revoke_reason IN ('invalidated', 'sibling_consumed', 'replaced', 'completed')),
  dropped_at timestamptz,
  drop_reason text CHECK (drop_reason IN ('no_account', 'suppressed', 'revoked', 'expired')),
  CONSTRAINT revoked_has_a_reason CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL)),
  CONSTRAINT dropped_has_a_reason CHECK ((dropped_at IS NULL) = (drop_reason IS NULL)),
  CONSTRAINT consumed_or_revoked CHECK (consumed_at IS NULL OR revoked_at IS NULL),
  CONSTRAINT consumer_key_needs_consume CHECK (consumer_key IS NULL OR consumed_at IS NOT NULL),
  CONSTRAINT consumed_while_alive CHECK (consumed_at < expires_at),
  CONSTRAINT dropped_is_not_sent CHECK (dropped_at IS NULL OR sent_at IS NULL)
) PARTITION BY RANGE (id);

COMMENT ON TABLE rekey.reset_request IS
  'One accepted POST /reset/request. The token is derived from id and a key of the keyring; it is stored nowhere.';
COMMENT ON COLUMN rekey.reset_request.id IS
  'UUIDv7 by database time: its first 48 bits are milliseconds, so a day is a contiguous range and a partition.';
COMMENT ON COLUMN rekey.reset_request.address_key IS 'Keyed hash of the typed address (domain case and IDNA folded).';
COMMENT ON COLUMN rekey.reset_request.account_key IS
  'Keyed hash of caller and account, or of caller and address where tokens name only an address; null until the directory has answered.';
COMMENT ON COLUMN rekey.reset_request.sealed IS
  'AES-256-GCM of address, account and template data under the key named by kid, with id as associated data.';
COMMENT ON COLUMN rekey.reset_request.expires_at IS
  'Moved at each claim of the link message to now + token.lifetime, so a mailed link is alive when it arrives.';
COMMENT ON COLUMN rekey.reset_request.consumer_key IS
  'Keyed hash of the Idempotency-Key of the consume, so that a lost answer can be repeated to the same consumer only.';

-- Siblings are looked up by account, and by address while the account is unknown; both only among
-- rows that a consume could still concern.
CREATE INDEX reset_request_live_account ON rekey.reset_request (account_key)
  WHERE consumed_at IS NULL AND revoked_at IS NULL;
CREATE INDEX reset_request_address ON rekey.reset_request (address_key);

-- Rows lie in the order of their making, so a few pages of ranges tell which of millions are past
-- their time, and whether any of an old day is still alive.
CREATE INDEX reset_request_ages ON rekey.reset_request USING brin (created_at, expires_at)
  WITH (pages_per_range = 32);

-- The safety net: a row whose day has no partition is kept here rather than refused.
CREATE TABLE rekey.reset_request_default PARTITION OF rekey.reset_request DEFAULT;

CREATE TABLE rekey.outbox (
  id uuid NOT NULL PRIMARY KEY,
  request_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('link', 'changed', 'no_account', 'event')),
  run_at timestamptz NOT NULL,
  attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  leased_until timestamptz,
  dead_at timestamptz,
  last_error text CHECK (octet_length(last_error) <= 200),
  CONSTRAINT dead_is_not_leased CHECK (dead_at IS NULL OR leased_until IS NULL),
  CONSTRAINT leased_was_attempted CHECK (leased_until IS NULL OR attempt > 0),
  CONSTRAINT dead_says_why CHECK (dead_at IS NULL OR last_error IS NOT NULL)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

COMMENT ON TABLE rekey.outbox IS
  'Messages still to be mailed. Written in the transaction of their request, deleted when sent; no foreign key, so that whole days of requests can be dropped.';
COMMENT ON COLUMN rekey.outbox.attempt IS 'Counted before an attempt starts: the fence that a completion must name, and what stops a poison message.';
COMMENT ON COLUMN rekey.outbox.run_at IS 'Not before this moment.';
COMMENT ON COLUMN rekey.outbox.last_error IS 'A short cause (stage and reply code). Never text from outside, which may hold an address.';

CREATE INDEX outbox_due ON rekey.outbox (run_at) WHERE dead_at IS NULL;
CREATE INDEX outbox_request ON rekey.outbox (request_id);

CREATE TABLE rekey.rate_limit (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 32),
  stamps timestamptz[] NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE rekey.rate_limit IS
  'For each limited key (address or client) its last acceptance times, newest first, so a limit "n per window" is broken exactly if the n-th is younger than the window.';

CREATE TABLE rekey.idempotency (
  key bytea NOT NULL PRIMARY KEY CHECK (octet_length(key) = 32),
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) = 32),
  request_id uuid NOT NULL,
  created_at timestamptz NOT NULL
);
COMMENT ON TABLE rekey.idempotency IS 'Idempotency-Key of accepted requests, as keyed hashes with their caller; honoured for 24 hours.';

-- The first id of a moment: its milliseconds, then zeros.
CREATE FUNCTION rekey.first_id_at(moment timestamptz) RETURNS uuid
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  SET search_path = pg_catalog, pg_temp
  AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
  $$;
COMMENT ON FUNCTION rekey.first_id_at(timestamptz) IS 'The lowest request id that a moment can have; bounds of partitions and of age in queries.';

-- Aborts a statement whose Idempotency-Key was taken by a concurrent one; the caller runs it again
-- and then sees that one's row. 40001 says "again".
CREATE FUNCTION rekey.lost_race() RETURNS text
  LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp
  AS $$ BEGIN RAISE EXCEPTION 'lost a race' USING ERRCODE = '40001'; END $$;
COMMENT ON FUNCTION rekey.lost_race() IS 'Raises serialization_failure.';

CREATE FUNCTION rekey.make_partitions(days_ahead integer) RETURNS integer
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
    EXECUTE format('CREATE TABLE rekey.%I (LIKE rekey.reset_request INCLUDING ALL)', name);
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
COMMENT ON FUNCTION rekey.make_partitions(integer) IS
  'Makes the day partitions from today to so many days ahead (UTC days of database time) and returns how many were missing.';

CREATE FUNCTION rekey.drop_partition(older_than timestamptz) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
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
END $$;
COMMENT ON FUNCTION rekey.drop_partition(timestamptz) IS
  'Drops the oldest day partition that lies wholly before a moment and holds nothing alive; returns how many requests went with it, null if there is none.';

REVOKE ALL ON FUNCTION rekey.make_partitions(integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION rekey.drop_partition(timestamptz) FROM PUBLIC;

-- >>> limits taken back by hand
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
-- <<< limits taken back by hand
