import Glibc
import Postgres
import Storage
import Testing

/// A database of its own for one test: migrated by an owner who is no superuser, with a login role
/// for everyone who uses it. Goes with the test.
struct TestDatabase: Sendable {
  /// Who logs in. The superuser only looks, and does what an administrator does.
  enum Role: String, CaseIterable, Sendable {
    case superuser, owner, serve, work, ops
  }

  let name: String
  private let password = "p\(UInt64.random(in: 0...(.max)))"

  /// At most so many at once, so that no test meets a deadline because of the others.
  private static let permits = Semaphore(4)

  static func serverURL() throws -> String {
    let value = getenv("REKEY_TEST_DATABASE_URL").map { String(cString: $0) }
    return try #require(
      value, "set REKEY_TEST_DATABASE_URL to a superuser's URL of a scratch PostgreSQL cluster")
  }

  func url(_ role: Role) throws -> PostgresURL { try PostgresURL(urlText(role)) }

  /// libpq takes the last of a keyword, so the server's URL is left as it is.
  func urlText(_ role: Role) throws -> String {
    let base = try Self.serverURL()
    let login = role == .superuser ? "" : "&user=\(roleName(role))&password=\(password)"
    return base + (base.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + "dbname=\(name)" + login
  }

  func roleName(_ role: Role) -> String { "\(name)_\(role.rawValue)" }

  /// Lends a database and drops it, whatever happens.
  /// - Parameters:
  ///   - options: of CREATE DATABASE.
  ///   - isMigrated: false leaves it empty.
  static func with(
    options: String = "", isMigrated: Bool = true, _ body: (TestDatabase) async throws -> Void
  ) async throws {
    try await clusterRoles.value
    try await permits.withPermit {
      let database = TestDatabase(name: "storage_test_\(UInt64.random(in: 0...(.max)))")
      try await database.create(options)
      var failure: (any Error)?
      do {
        if isMigrated { try await database.migrate() }
        try await body(database)
      } catch { failure = error }
      try await database.drop()
      if let failure { throw failure }
    }
  }

  private func create(_ options: String) async throws {
    try await Self.onServer { session in
      for role in Role.allCases.dropFirst() {
        let login = "CREATE ROLE \(roleName(role)) LOGIN PASSWORD '\(password)'"
        try await session.script(login, within: generous)
      }
      for role in Role.allCases.dropFirst(2) {
        try await session.script(
          "GRANT rekey_\(role.rawValue) TO \(roleName(role))", within: generous)
      }
      try await session.script(
        "CREATE DATABASE \(name) OWNER \(roleName(.owner)) \(options)", within: generous)
    }
  }

  private func drop() async throws {
    try await Self.onServer { session in
      try await session.script("DROP DATABASE \(name) WITH (FORCE)", within: generous)
      for role in Role.allCases.dropFirst() {
        try await session.script("DROP ROLE \(roleName(role))", within: generous)
      }
    }
  }

  /// As an operator does: the owner migrates, an administrator gives the roles their rights.
  func migrate(withRoles: Bool = true) async throws {
    let migrator = Migrator(url: try url(.owner))
    _ = try await migrator.migrate { _ in }
    await migrator.close()
    if withRoles { try await script(try SQLFiles.text("roles.sql")) }
  }
}

extension TestDatabase {
  /// Roles belong to the whole cluster, so they are made once and before the tests that would race.
  private static let clusterRoles = Task {
    try await onServer { session in
      try await session.script(
        """
        SELECT pg_advisory_xact_lock(hashtext('storage tests: roles'));
        DO $$
        BEGIN
          IF to_regrole('rekey_serve') IS NULL THEN CREATE ROLE rekey_serve NOLOGIN; END IF;
          IF to_regrole('rekey_work') IS NULL THEN CREATE ROLE rekey_work NOLOGIN; END IF;
          IF to_regrole('rekey_ops') IS NULL THEN CREATE ROLE rekey_ops NOLOGIN; END IF;
        END $$
        """, within: generous)
    }
  }

  private static func onServer(_ body: (Session) async throws -> Void) async throws {
    try await withSession(url: try PostgresURL(serverURL()), body)
  }

  /// Lends a session of its own and closes it, whatever happens.
  func withSession<Value: Sendable>(
    as role: Role = .superuser, _ body: (Session) async throws -> Value
  ) async throws -> Value {
    try await Self.withSession(url: try url(role), body)
  }

  private static func withSession<Value: Sendable>(
    url: PostgresURL, _ body: (Session) async throws -> Value
  ) async throws -> Value {
    let session = Session(
      PostgresSettings(
        url: url, applicationName: "storage-tests", connectTimeout: .seconds(10),
        statementTimeout: .seconds(60), lockTimeout: .seconds(30), requiresReadWrite: false))
    do {
      let value = try await body(session)
      await session.close()
      return value
    } catch {
      await session.close()
      throw error
    }
  }

  func script(_ sql: String, as role: Role = .superuser) async throws {
    try await withSession(as: role) { try await $0.script(sql, within: generous) }
  }

  @discardableResult
  func query(
    _ sql: String, _ parameters: [Parameter] = [], as role: Role = .superuser
  ) async throws -> Rows {
    let statement = Statement(name: "test", sql: sql)
    return try await withSession(as: role) {
      try await $0.execute(statement, parameters, within: generous)
    }
  }

  /// The one number that a query returns as its only column.
  func number(_ sql: String) async throws -> Int {
    try await query("SELECT (\(sql))::bigint AS n").only().int("n")
  }

  /// Expects a script to be refused with a SQLSTATE, or with nil to do its work.
  func expect(
    _ state: String?, from sql: String, as role: Role = .superuser,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    var refusal: PostgresError?
    do { try await script(sql, as: role) } catch let error as PostgresError { refusal = error }
    let seen = refusal?.debugDescription ?? "done"
    #expect(
      refusal?.sqlState == state, "\(role): \(sql): \(seen)", sourceLocation: sourceLocation)
  }
}

/// For calls that are not meant to meet their deadline, on however slow a machine.
let generous = Duration.seconds(60)

/// Lets so many in at once; the others wait in the order in which they came.
private actor Semaphore {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ permits: Int) { free = permits }

  nonisolated(nonsending) func withPermit(_ body: () async throws -> Void) async throws {
    await enter()
    do { try await body() } catch {
      await leave()
      throw error
    }
    await leave()
  }

  private func enter() async {
    guard free == 0 else {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func leave() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
