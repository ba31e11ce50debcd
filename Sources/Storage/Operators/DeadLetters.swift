public import PasswordReset
public import Postgres

/// The dead letters, for operators: to be looked at, brought back and dropped.
public struct DeadLetters: Sendable {
  /// Dead letters of one cause.
  public struct CauseCount: Sendable, Equatable {
    public let cause: String
    public let messages: Int
    public let oldest: Timestamp
    public let newest: Timestamp
  }

  let session: OperatorSession
  let giveUpAfter: WholeDuration
  let keepLive: Int

  /// - Parameters:
  ///   - giveUpAfter: the age of a request after which its link is given up.
  ///   - keepLive: how many links of an account stay live.
  public init(
    url: PostgresURL, isPooled: Bool = false, giveUpAfter: WholeDuration, keepLive: Int
  ) {
    session = OperatorSession(url: url, isPooled: isPooled, command: "dead")
    self.giveUpAfter = giveUpAfter
    self.keepLive = keepLive
  }

  public func close() async { await session.close() }

  /// Database time, from which ages count.
  public func now() async throws(DatabaseProblem) -> Timestamp { try await session.now() }

  /// Newest first, a page at a time, so that a long list needs no memory.
  /// - Parameters:
  ///   - limit: nil for all.
  ///   - each: told one page; returns whether to go on.
  public func list(
    _ choice: DeadLetterChoice, limit: Int? = nil, page: Int = 500,
    _ each: ([DeadLetter]) -> Bool
  ) async throws(DatabaseProblem) {
    var bounds = choice.bounds(at: try await session.now())
    var left = limit ?? .max
    while left > 0 {
      let size = min(page, left)
      let letters = try await session.read(
        Queries.listDeadLetters,
        choice.parameters(bounds) + [
          .uuid(bounds.id), .int4(Int32(clamping: size)), .seconds(giveUpAfter),
          .int4(Int32(clamping: keepLive)),
        ]
      ) { rows throws(PostgresError) in
        try rows.map { row throws(PostgresError) in try DeadLetter(row) }
      }
      guard let last = letters.last, each(letters), letters.count == size else { return }
      left -= letters.count
      (bounds.upper, bounds.id) = (last.deadAt, last.id.bytes)
    }
  }

  /// Those of one message or one request.
  public func find(_ id: RequestID) async throws(DatabaseProblem) -> [DeadLetter] {
    var found: [DeadLetter] = []
    try await list(DeadLetterChoice(ids: [id])) { page in
      found += page
      return true
    }
    return found
  }

  /// By cause, the most frequent first.
  /// - Parameter limit: of causes; nil for all.
  public func summary(
    _ choice: DeadLetterChoice, limit: Int? = nil
  ) async throws(DatabaseProblem) -> [CauseCount] {
    let now = try await session.now()
    return try await session.causes(choice, at: now, limit: limit)
  }

  /// Whether what is brought back has to wait.
  public func isPaused() async throws(DatabaseProblem) -> Bool {
    try await session.read(Queries.describeOutbox) { rows throws(PostgresError) in
      try rows.only().optionalMoment("paused_at") != nil
    }
  }

  /// How many there are.
  public func count(_ choice: DeadLetterChoice) async throws(DatabaseProblem) -> Int {
    try await summary(choice).reduce(0) { $0 &+ $1.messages }
  }
}

extension OperatorSession {
  func causes(
    _ choice: DeadLetterChoice, at now: Timestamp, limit: Int?
  ) async throws(DatabaseProblem) -> [DeadLetters.CauseCount] {
    let most: Parameter = limit.map { .int4(Int32(clamping: $0)) } ?? .null
    return try await read(Queries.countDeadLetters, choice.parameters(at: now) + [most]) {
      rows throws(PostgresError) in
      try rows.map { row throws(PostgresError) in
        DeadLetters.CauseCount(
          cause: try row.text("cause"), messages: try row.int("messages"),
          oldest: try row.moment("oldest"), newest: try row.moment("newest"))
      }
    }
  }
}
