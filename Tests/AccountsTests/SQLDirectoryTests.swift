import Glibc
import PasswordReset
import Postgres
import Testing

@testable import Accounts

struct SQLDirectoryTests {
  private static let query = """
    SELECT id, email, language AS locale, changed AS version FROM people
    WHERE lower(email) = lower($1) -- whoever that is
    ;
    """

  private static func databaseURL() throws -> PostgresURL {
    let value = getenv("REKEY_TEST_DATABASE_URL").map { String(cString: $0) }
    return try PostgresURL(
      try #require(
        value, "set REKEY_TEST_DATABASE_URL to a superuser's URL of a scratch PostgreSQL cluster"))
  }

  /// Lends a directory over rows of its own: a query that begins with their VALUES as `people`.
  private func withDirectory(
    rows: String, query: String = query, timeout: Duration = .seconds(60),
    _ body: (SQLDirectory) async throws -> Void
  ) async throws {
    let people = "WITH people (id, email, language, changed) AS (VALUES \(rows))\n"
    let directory = try SQLDirectory(
      databaseURL: Self.databaseURL(), query: AccountQuery(people + query), policy: Sample.policy,
      connections: 1,
      timeout: timeout)
    do { try await body(directory) } catch {
      await directory.close()
      throw error
    }
    await directory.close()
  }

  private func account(_ rows: String, for email: String) async throws -> Account? {
    var found: Account?
    try await withDirectory(rows: rows) {
      found = try await $0.account(for: Sample.address(email), caller: Sample.caller())
    }
    return found
  }

  private func cause(_ rows: String, _ query: String = query) async throws -> String {
    var cause = ""
    try await withDirectory(rows: rows, query: query) { directory in
      let (address, caller) = (try Sample.address(), try Sample.caller())
      cause = try await directoryError { () throws(DirectoryError) in
        try await directory.account(for: address, caller: caller)
      }.cause
    }
    return cause
  }

  @Test func `the row that the query finds is the account`() async throws {
    let row = "(42, 'ada@example.org', 'fr', '2026-11-21 09:30+00'::timestamptz)"
    #expect(
      try await account(row, for: "ada@example.org")
        == Sample.account(locale: "fr", version: "2026-11-21T09:30:00+00:00"))
  }

  @Test func `locale and version may be NULL or missing`() async throws {
    let row = "(42, 'ada@example.org', NULL, NULL)"
    #expect(try await account(row, for: "ada@example.org") == Sample.account())
    try await withDirectory(
      rows: "(gen_random_uuid(), 'ada@example.org', 0, 0)",
      query: "SELECT id, email FROM people WHERE email = $1"
    ) { directory in
      let found = try await directory.account(for: Sample.address(), caller: Sample.caller())
      #expect(found?.id.utf8.count == 36)
      #expect(found?.locale == nil && found?.version == nil)
    }
  }

  @Test func `no row is no account`() async throws {
    #expect(
      try await account("(42, 'ada@example.org', NULL, NULL)", for: "bob@example.org") == nil)
  }

  @Test func `two rows are ambiguous`() async throws {
    let rows = "(1, 'ada@example.org', NULL, NULL), (2, 'Ada@example.org', NULL, NULL)"
    #expect(try await cause(rows) == "ambiguous")
  }

  @Test(arguments: [
    ("Ada@Example.org", "ada@example.org"), ("ada@example.org", "ADA@EXAMPLE.ORG"),
  ])
  func `the case of ASCII letters makes no other person`(stored: String, asked: String)
    async throws
  {
    let found = try await account("(42, '\(stored)', NULL, NULL)", for: asked)
    #expect(try found?.email == Sample.address(stored))
  }

  @Test(arguments: [
    ("mike@example.org", "m\u{131}ke@example.org"), ("mike@example.org", "mi\u{212a}e@example.org"),
    ("iris@example.org", "ır\u{131}s@example.org"), ("ss@example.org", "\u{df}@example.org"),
    ("zoë@example.org", "zoe@example.org"), ("ada@example.org", "ada@example.com"),
    ("ÅSE@example.org", "åse@example.org"),
  ])
  func `a row of a look-alike address is no account`(stored: String, asked: String) async throws {
    let query = "SELECT id, email FROM people WHERE $1::text IS NOT NULL"
    try await withDirectory(rows: "(1, '\(stored)', NULL, NULL)", query: query) { directory in
      guard let address = try? Sample.address(asked) else { return }
      let found = try await directory.account(for: address, caller: Sample.caller())
      #expect(found == nil)
    }
  }

  @Test(arguments: [
    "o'brien@example.org", "a$1b@example.org", "a%b--@example.org", "a_b@example.org",
  ])
  func `an address is a value and never SQL`(email: String) async throws {
    let quoted = email.split(separator: "'", omittingEmptySubsequences: false).joined(
      separator: "''")
    let rows = "(1, '\(quoted)', NULL, NULL), (2, 'other@example.org', NULL, NULL)"
    #expect(try await account(rows, for: email)?.id == "1")
  }

  @Test(arguments: [
    ("SELECT email FROM people WHERE email = $1", "answer_id"),
    ("SELECT id FROM people WHERE email = $1", "answer_email"),
    ("SELECT id, 'nobody' AS email FROM people WHERE email = $1", "answer_email"),
    ("SELECT *, $1::text AS more FROM people", "answer_unknown_member"),
    ("SELECT id, email, id FROM people WHERE email = $1", "answer_json"),
    ("SELECT 1 / (id - 42) AS id, email FROM people WHERE email = $1", "sql_22012"),
    ("SELECT $1::int AS id", "sql_parameter"),
    ("SELECT id, email FROM nowhere WHERE email = $1", "sql_42P01"),
    ("SELECT id, email FROM people WHERE email = $1; DELETE FROM people", "sql_42601"),
    ("SELECT id, email FROM people WHERE email = $1) AS x; DROP TABLE people; --", "sql_42601"),
  ])
  func `a query that cannot be answered is a fault with a short cause`(query: String, cause: String)
    async throws
  {
    let found = try await self.cause("(42, 'ada@example.org', NULL, NULL)", query)
    #expect(found == cause)
  }

  @Test func `a query that takes too long is a fault`() async throws {
    // The server is what is slow here; its end is not waited for.
    let query = "SELECT id, email FROM people, pg_sleep(60) WHERE email = $1"
    let row = "(42, 'ada@example.org', NULL, NULL)"
    try await withDirectory(rows: row, query: query, timeout: .seconds(2)) { directory in
      let (address, caller) = (try Sample.address(), try Sample.caller())
      let error = try await directoryError { () throws(DirectoryError) in
        try await directory.account(for: address, caller: caller)
      }
      #expect(["sql_57014", "sql_deadline"].contains(error.cause))
    }
  }

  @Test func `every question is read-only, and bounded in time`() async throws {
    let query =
      """
      SELECT current_setting('transaction_read_only') || ' ' || current_setting('statement_timeout')
        || ' ' || current_setting('lock_timeout') AS id, email FROM people, (SELECT $1) x
      """
    try await withDirectory(
      rows: "(1, 'ada@example.org', NULL, NULL)", query: query, timeout: .seconds(50)
    ) {
      let found = try await $0.account(for: Sample.address(), caller: Sample.caller())
      #expect(found?.id == "on 40s 1500ms")
    }
  }

  @Test(arguments: [
    "set_config('rekey_test.left', 'yes', false)", "set_config('statement_timeout', '7s', false)",
    "set_config('search_path', 'left', false)",
  ])
  func `what the query sets for its session is gone after it`(call: String) async throws {
    // The columns are computed in their order.
    let query = """
      SELECT concat_ws(' ', current_setting('rekey_test.left', true),
        current_setting('statement_timeout'), current_setting('search_path')) AS id,
        email, left(\(call), 0) AS locale FROM people, (SELECT $1) x
      """
    try await withDirectory(rows: "(1, 'ada@example.org', NULL, NULL)", query: query) {
      let (address, caller) = (try Sample.address(), try Sample.caller())
      let first = try await $0.account(for: address, caller: caller)?.id
      let second = try await $0.account(for: address, caller: caller)?.id
      // A setting that was made up and taken back is empty.
      #expect(first?.split(separator: " ") == second?.split(separator: " "))
      #expect(first?.contains("48s") == true)
    }
  }

  @Test(arguments: [
    "set_config('transaction_read_only', 'off', true)",
    "set_config('transaction_read_only', 'off', false)",
  ])
  func `a query can neither write nor allow itself to`(call: String) async throws {
    let query = "SELECT \(call) AS id, email FROM people, (SELECT $1) x"
    let found = try await cause("(1, 'ada@example.org', NULL, NULL)", query)
    #expect(["sql_25001", "sql_25006"].contains(found))
  }

  @Test(arguments: [
    (
      "SELECT 1 / (id - 42) AS id, email FROM people WHERE email = $1", DirectoryError.Blame.address
    ),
    ("SELECT id, 'nobody' AS email FROM people WHERE email = $1", .address),
    ("SELECT id, email FROM nowhere WHERE email = $1", .directory),
  ])
  func `a fault tells whether it is of the directory or of one address`(
    query: String, blame: DirectoryError.Blame
  ) async throws {
    try await withDirectory(rows: "(42, 'ada@example.org', NULL, NULL)", query: query) {
      directory in
      let (address, caller) = (try Sample.address(), try Sample.caller())
      let error = try await directoryError { () throws(DirectoryError) in
        try await directory.account(for: address, caller: caller)
      }
      #expect(error.blame == blame)
    }
  }

  @Test func `connecting tries the query out`() async throws {
    try await withDirectory(rows: "(1, 'ada@example.org', NULL, NULL)") {
      try await $0.connect(within: .seconds(30))
    }
  }

  @Test(arguments: ["SELEKT $1", "SELECT $1::int", "SELECT 1 / 0 AS id FROM (SELECT $1) AS x"])
  func `a query that cannot run shows when connecting`(query: String) async throws {
    let directory = try SQLDirectory(
      databaseURL: Self.databaseURL(), query: AccountQuery(query), policy: Sample.policy,
      connections: 1)
    await #expect(throws: AccountsError.self) { try await directory.connect(within: .seconds(30)) }
    await directory.close()
  }

  @Test func `a database that is not there is a fault`() async throws {
    let directory = try SQLDirectory(
      databaseURL: PostgresURL("postgresql://127.0.0.1:1/x?user=x"),
      query: AccountQuery("SELECT $1"),
      policy: Sample.policy,
      connections: 1)
    let (address, caller) = (try Sample.address(), try Sample.caller())
    let error = try await directoryError { () throws(DirectoryError) in
      try await directory.account(for: address, caller: caller)
    }
    #expect(error.cause == "sql_unavailable")
    await directory.close()
  }
}
