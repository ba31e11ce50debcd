import PasswordReset
import Postgres
import Storage
import Testing

/// A dead letter that a test has put there.
struct SeededLetter: Sendable {
  let id: RequestID
  let requestID: RequestID
}

extension TestDatabase {
  /// A request made so many seconds ago with a message that has been dead for so many.
  func letter(
    requestAge: Int = 600, kind: MessageKind = .link, cause: String = "rcpt_550", dead: Int = 60
  ) async throws -> SeededLetter {
    let request = try await seed(age: requestAge, state: .dead)
    let row = try await query(
      """
      UPDATE rekey.outbox SET kind = $2, last_error = $3, failures = 2, lost = 1,
        event = CASE WHEN $2 = 'event' THEN 'delivery.failed' END,
        cause = CASE WHEN $2 = 'event' THEN 'bounce' END,
        queued_at = clock_timestamp() - $5::int * interval '1 second',
        dead_at = clock_timestamp() - $4::int * interval '1 second'
      WHERE request_id = $1 RETURNING id
      """,
      [
        .uuid(request), .text(kind.rawValue), .text(cause), .int4(Int32(dead)),
        .int4(Int32(requestAge)),
      ]
    ).only()
    return SeededLetter(
      id: try #require(RequestID(bytes: try row.uuid("id"))),
      requestID: try #require(RequestID(bytes: request)))
  }

  /// Many dead links at once, each a second longer dead than the one before.
  func letters(_ count: Int) async throws {
    try await query(
      """
      WITH made AS (
        INSERT INTO rekey.reset_request (id, address_key, sealed, kid, caller, created_at, expires_at)
        SELECT rekey.new_id(), decode(md5('seed'), 'hex'), '', '\\x01020304', 'app', clock_timestamp(),
          clock_timestamp() + interval '1 hour'
        FROM generate_series(1, $1::int) RETURNING id
      )
      INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)
      SELECT m.id, m.id, 'link', clock_timestamp(), 1,
        clock_timestamp() - row_number() OVER () * interval '1 second', 'smtp_451'
      FROM made m
      """, [.int4(Int32(count))])
  }

  /// Lends the desk of an operator with no more than the rights of one.
  func withDeadLetters<Value>(
    giveUpAfter: Int64 = 7200, _ body: (DeadLetters) async throws -> Value
  ) async throws -> Value {
    let desk = DeadLetters(
      url: try url(.ops), giveUpAfter: WholeDuration(seconds: giveUpAfter), keepLive: 3)
    do {
      let value = try await body(desk)
      await desk.close()
      return value
    } catch {
      await desk.close()
      throw error
    }
  }

  func outboxRow(_ id: RequestID) async throws -> Row? {
    try await query(
      "SELECT *, clock_timestamp() AS now FROM rekey.outbox WHERE id = $1", [.uuid(id.bytes)]
    ).first
  }

  func requestRow(_ id: RequestID) async throws -> Row {
    try await query("SELECT * FROM rekey.reset_request WHERE id = $1", [.uuid(id.bytes)]).only()
  }

  /// What a test changes of a request.
  func change(_ id: RequestID, _ assignments: String) async throws {
    try await query(
      "UPDATE rekey.reset_request SET \(assignments) WHERE id = $1", [.uuid(id.bytes)])
  }

  /// Suppresses the address of all seeded requests.
  func suppressSeeded(until: String) async throws {
    try await script(
      """
      INSERT INTO rekey.suppression VALUES (decode(md5('seed'), 'hex'), 'app', gen_random_uuid(), '', '\\x01020304',
        'refused', '1-smtp', clock_timestamp(), \(until))
      """)
  }
}

extension DeadLetters {
  /// All letters at once, as a test wants them.
  func all(
    _ choice: DeadLetterChoice = DeadLetterChoice(), limit: Int? = nil, page: Int = 500
  ) async throws -> [DeadLetter] {
    var found: [DeadLetter] = []
    try await list(choice, limit: limit, page: page) {
      found += $0
      return true
    }
    return found
  }
}
