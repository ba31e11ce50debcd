import Postgres

/// Tables as they are after a month: 200,000 requests, the newest 20,000 with messages in all states.
///
/// Everything is told by a number, so that a call can name it: `sample.id(n)` is a request, the greater
/// the newer, `sample.key('account', n)` a keyed hash.
extension TestDatabase {
  /// What names the rows, and what runs a call that was prepared and undoes what it did.
  func makeSamples() async throws {
    let now = try await query("SELECT clock_timestamp()::text AS now").only().text("now")
    try await script(
      """
      CREATE SCHEMA sample;
      CREATE FUNCTION sample.now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
        SELECT '\(now)'::timestamptz
      $$;
      CREATE FUNCTION sample.at(n int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
        SELECT sample.now() - (200000 - n) * interval '13 seconds'
      $$;
      CREATE FUNCTION sample.id(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
        SELECT (lpad(to_hex(floor(extract(epoch FROM sample.at(n)) * 1000)::bigint), 12, '0')
          || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid
      $$;
      CREATE FUNCTION sample.key(kind text, n int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
        SELECT decode(md5(kind || n), 'hex')
      $$;
      CREATE FUNCTION sample.ids(first int, step int, count int) RETURNS uuid[] LANGUAGE sql AS $$
        SELECT array_agg(sample.id(first + step * i)) FROM generate_series(0, count - 1) i
      $$;
      CREATE FUNCTION sample.keys(kind text, first int, count int) RETURNS bytea[] LANGUAGE sql AS $$
        SELECT array_agg(sample.key(kind, first + i)) FROM generate_series(0, count - 1) i
      $$;
      CREATE FUNCTION sample.each(value text) RETURNS text[] LANGUAGE sql AS $$
        SELECT array_fill(value, ARRAY[64])
      $$;
      ALTER TABLE rekey.outbox SET (autovacuum_enabled = off);
      ALTER TABLE rekey.account SET (autovacuum_enabled = off);
      ALTER TABLE rekey.reset_request SET (autovacuum_enabled = off);
      ALTER TABLE rekey.rate_limit SET (autovacuum_enabled = off);
      \(PlanNode.function)
      """)
  }

  /// A statement at a time: each has the time that a busy machine may take for it.
  func fillSamples() async throws {
    for statement in Self.samples { try await script(statement) }
  }

  private static let samples = [
    """
    INSERT INTO rekey.reset_request (id, address_key, account_key, sealed, kid, caller, created_at,
      expires_at, sent_at, consumed_at)
    SELECT sample.id(n), sample.key('address', n % 60000),
      CASE WHEN n % 5 > 0 THEN sample.key('account', n % 50000) END, repeat('x', 256)::bytea,
      '\\x01020304', 'app', sample.at(n), sample.at(n) + interval '30 min',
      CASE WHEN n <= 180000 THEN sample.at(n) + interval '1 s' END,
      CASE WHEN n <= 180000 AND n % 3 = 0 THEN sample.at(n) + interval '5 min' END
    FROM generate_series(1, 200000) n
    """,
    """
    INSERT INTO rekey.account (key, revoked_before, revoke_reason, earlier, earlier_reasons, mailed)
    SELECT sample.key(k.kind, n), a.at, 'sibling_consumed', ARRAY[a.at - interval '1 d'],
      '{invalidated}', ARRAY[a.at, a.at - interval '1 h', a.at - interval '2 h', a.at - interval '3 h']
    FROM (VALUES ('account', 49999), ('address', 19999)) k(kind, last), generate_series(0, k.last) n,
      LATERAL (SELECT sample.now() - n * interval '50 s' - interval '1 h' AS at) a
    """,
    """
    INSERT INTO rekey.rate_limit SELECT sample.key('limit', n),
      ARRAY[sample.now() - n * interval '20 s', sample.now() - n * interval '40 s']
    FROM generate_series(1, 100000) n
    """,
    """
    INSERT INTO rekey.idempotency SELECT sample.key('idempotency', n), sample.key('body', n), sample.id(n),
      sample.now() - n * interval '1 s' FROM generate_series(1, 100000) n
    """,
    """
    INSERT INTO rekey.suppression SELECT sample.key('suppressed', n), 'app', sample.id(n), 'x', '\\x01020304',
      'bounce', 'ses', sample.at(n), sample.now() + n * interval '1 h' - interval '100 h'
    FROM generate_series(1, 10000) n
    """,
    """
    INSERT INTO rekey.hook_receipt SELECT sample.key('receipt', n), sample.now() - n * interval '9 s'
    FROM generate_series(1, 20000) n;
    """, messages,
  ]

  /// By the last digit of n: 0 and 1 are due, 2 says that there is no account, 3 waits for another try, 4 is
  /// leased, 5 was lost, 6 is dead, 7 is an event, 8 a notice, 9 a dead event.
  private static let messages = """
    INSERT INTO rekey.outbox (id, request_id, kind, event, run_at, attempt, leased_until, dead_at, last_error)
    SELECT sample.id(n), sample.id(n),
      CASE WHEN s.d IN (7, 9) THEN 'event' WHEN s.d = 8 THEN 'changed' WHEN s.d = 2 THEN 'no_account' ELSE 'link' END,
      CASE WHEN s.d IN (7, 9) THEN 'request.consumed' END,
      sample.now() + CASE WHEN s.d IN (3, 4) THEN interval '1 h' ELSE (n - 200000) * interval '1 ms' END,
      CASE WHEN s.d < 2 THEN 0 ELSE 1 END,
      CASE WHEN s.d = 4 THEN sample.now() + interval '1 h' WHEN s.d = 5 THEN sample.now() END,
      CASE WHEN s.d IN (6, 9) THEN sample.at(n) END, CASE WHEN s.d IN (6, 9) THEN 'rcpt_550' END
    FROM generate_series(180001, 200000) n, LATERAL (SELECT n % 10 AS d) s;
    INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)
    SELECT sample.id(-n), sample.id(-n), 'link', sample.at(-n), 3, sample.at(-n), 'tls_failed'
    FROM generate_series(1, 500) n;
    """
}
