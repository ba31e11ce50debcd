import Postgres
import Testing

/// States only move forward: the database itself holds them, whoever asks and whatever rights it has.
@Suite struct ForwardTests {
  /// Requests and account rows, each named by its caller or key.
  private static let rows = """
    INSERT INTO rekey.reset_request (id, address_key, account_key, sealed, kid, caller, created_at,
      expires_at, maybe_arrived_at, sent_at, consumed_at, consumer_key, completed_at, dropped_at, drop_reason)
    SELECT rekey.new_id(), decode(md5('a'), 'hex'), CASE WHEN r.caller <> 'nameless' THEN decode(md5('42'), 'hex') END,
      '', '\\x01020304', r.caller, now.at, now.at + interval '30 min',
      CASE WHEN r.caller = 'uncertain' THEN now.at END, CASE WHEN r.caller IN ('sent', 'consumed') THEN now.at END,
      CASE WHEN r.caller IN ('consumed', 'unmarked') THEN now.at END, CASE WHEN r.caller = 'consumed' THEN decode(md5('k'), 'hex') END,
      CASE WHEN r.caller = 'completed' THEN now.at END, CASE WHEN r.caller = 'dropped' THEN now.at END,
      CASE WHEN r.caller = 'dropped' THEN 'expired' END
    FROM (VALUES ('nameless'), ('named'), ('uncertain'), ('sent'), ('consumed'), ('unmarked'), ('completed'), ('dropped')) r(caller),
      (SELECT clock_timestamp() AS at) now;
    INSERT INTO rekey.account (key, revoked_before, revoke_reason, mailed) VALUES
      (decode(md5('revoked'), 'hex'), clock_timestamp() - interval '48 h 59 min', 'completed', NULL),
      (decode(md5('mailed'), 'hex'), NULL, NULL, ARRAY[clock_timestamp() - interval '48 h 59 min']),
      (decode(md5('idle'), 'hex'), clock_timestamp() - interval '50 h', 'completed',
        ARRAY[clock_timestamp() - interval '49 h 1 min']);
    """

  private static func request(_ name: String, _ change: String) -> String {
    "UPDATE rekey.reset_request SET \(change) WHERE caller = '\(name)'"
  }

  private static func account(_ name: String, _ change: String) -> String {
    "UPDATE rekey.account SET \(change) WHERE key = decode(md5('\(name)'), 'hex')"
  }

  private static func delete(_ name: String) -> String {
    "DELETE FROM rekey.account WHERE key = decode(md5('\(name)'), 'hex')"
  }

  private static let stepsBack = [
    request("named", "id = rekey.new_id()"),
    request("named", "caller = 'other'"),
    request("named", "address_key = decode(md5('b'), 'hex')"),
    request("named", "created_at = created_at + interval '1 us'"),
    request("named", "created_at = created_at - interval '1 us'"),
    request("named", "account_key = NULL"),
    request("named", "expires_at = expires_at - interval '1 us'"),
    request("uncertain", "expires_at = expires_at + interval '1 us'"),
    request("uncertain", "maybe_arrived_at = NULL"),
    request("uncertain", "maybe_arrived_at = maybe_arrived_at + interval '1 us'"),
    request("sent", "expires_at = expires_at + interval '1 us'"),
    request("sent", "expires_at = expires_at - interval '1 us'"),
    request("sent", "sent_at = NULL"),
    request("consumed", "consumed_at = NULL, consumer_key = NULL"),
    request("consumed", "consumed_at = consumed_at + interval '1 us'"),
    request("consumed", "consumer_key = NULL"),
    request("consumed", "consumer_key = decode(md5('l'), 'hex')"),
    // Consumed before its attempt was marked as sent.
    request("unmarked", "expires_at = expires_at + interval '1 us'"),
    request("consumed", "account_key = decode(md5('43'), 'hex')"),
    request("completed", "completed_at = NULL"),
    request("completed", "completed_at = completed_at + interval '1 us'"),
    request("dropped", "dropped_at = NULL, drop_reason = NULL"),
    request("dropped", "dropped_at = dropped_at + interval '1 us'"),
    account("revoked", "key = decode(md5('other'), 'hex')"),
    account("revoked", "revoked_before = revoked_before - interval '1 us'"),
    account("revoked", "revoked_before = NULL, revoke_reason = NULL"),
    account("revoked", "revoke_reason = 'invalidated'"),
    account("revoked", "earlier = '{2001-01-01}', earlier_reasons = '{invalidated}'"),
    account("mailed", "mailed = NULL"),
    account("mailed", "mailed = '{}'"),
    account("mailed", "mailed = ARRAY[mailed[1] - interval '1 us']"),
    // Somebody may have the link.
    request("sent", "account_key = decode(md5('43'), 'hex')"),
    request("uncertain", "account_key = decode(md5('43'), 'hex')"),
    delete("revoked"), delete("mailed"),
  ]

  private static let stepsForward: [(TestDatabase.Role, String)] = [
    (.serve, request("sent", "consumed_at = created_at, consumer_key = decode(md5('k'), 'hex')")),
    (.serve, request("consumed", "completed_at = clock_timestamp()")),
    (
      .serve,
      account("revoked", "revoked_before = clock_timestamp(), revoke_reason = 'invalidated'")
    ),
    (
      .serve, account("mailed", "revoked_before = clock_timestamp(), revoke_reason = 'invalidated'")
    ),
    (.work, request("nameless", "account_key = decode(md5('42'), 'hex'), sealed = 'x'")),
    (.work, request("named", "account_key = decode(md5('43'), 'hex')")),
    (.work, request("named", "expires_at = expires_at + interval '1 h'")),
    (.work, request("named", "maybe_arrived_at = clock_timestamp()")),
    (.work, request("uncertain", "sent_at = clock_timestamp()")),
    // A lost attempt may end after the one that took over.
    (.work, request("uncertain", "sent_at = clock_timestamp()")),
    (.work, request("completed", "dropped_at = clock_timestamp(), drop_reason = 'suppressed'")),
    (.work, account("mailed", "mailed = clock_timestamp() || mailed")),
    (.ops, request("nameless", "dropped_at = clock_timestamp(), drop_reason = 'dismissed'")),
    (.ops, delete("idle")),
    (.ops, "DELETE FROM rekey.reset_request"),
  ]

  private static let roles: [TestDatabase.Role] = [.serve, .work, .ops]

  @Test func `no state goes back, whatever rights somebody was given by mistake`() async throws {
    try await TestDatabase.with { database in
      try await database.script(Self.rows)
      try await database.script(
        """
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA rekey
          TO rekey_serve, rekey_work, rekey_ops
        """)
      for role in Self.roles {
        for step in Self.stepsBack { try await database.expect("23000", from: step, as: role) }
      }
    }
  }

  @Test func `no state goes back with the rights of roles`() async throws {
    try await TestDatabase.with { database in
      try await database.script(Self.rows)
      for role in Self.roles {
        for step in Self.stepsBack {
          var refusal: PostgresError?
          do { try await database.script(step, as: role) } catch let error as PostgresError {
            refusal = error
          }
          #expect(["23000", "42501"].contains(refusal?.sqlState), "\(role): \(step)")
        }
      }
    }
  }

  @Test func `every step forward is open to whoever takes it`() async throws {
    try await TestDatabase.with { database in
      try await database.script(Self.rows)
      for (role, step) in Self.stepsForward { try await database.expect(nil, from: step, as: role) }
    }
  }

  @Test func `the owner may mend by hand`() async throws {
    try await TestDatabase.with { database in
      try await database.script(Self.rows)
      for step in Self.stepsBack {
        try await database.expect(nil, from: "BEGIN; \(step); ROLLBACK", as: .owner)
      }
    }
  }
}
