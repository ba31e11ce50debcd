public import PasswordReset
import Postgres

extension DeadLetters {
  /// What a retry did, or would do.
  public struct Retry: Sendable {
    /// How many dead letters met which fate.
    public fileprivate(set) var counts: [DeadLetter.Fate: Int] = [:]
    /// The first of those left dead, with the reason.
    public fileprivate(set) var left: [Left] = []
    /// Which of the ids that were named have a dead letter, as ids of messages or requests.
    public fileprivate(set) var met: Set<RequestID> = []

    public struct Left: Sendable, Equatable {
      public let id: RequestID
      public let requestID: RequestID
      public let fate: DeadLetter.Fate
    }

    public var retried: Int { counts[.retried] ?? 0 }
    public var leftDead: Int { looked &- retried }
    public var looked: Int { counts.values.reduce(0, &+) }
  }

  /// So many dead letters may be brought back at once; more come due over a minute.
  public static let atOnce = 100
  private static let spread = WholeDuration(seconds: 60)
  /// So many of those left dead are named.
  public static let named = 1000

  /// What `retry` would do now. Changes nothing.
  public func rehearse(_ choice: DeadLetterChoice) async throws(DatabaseProblem) -> Retry {
    try await rehearse(choice, until: .max)
  }

  /// Brings dead letters back in batches, each a transaction; an interrupted run has done a part and
  /// can simply be repeated. Workers are told at the end.
  /// - Parameter onProgress: told how many have been looked at, after each batch.
  public func retry(
    _ choice: DeadLetterChoice, batch: Int = 5000, onProgress: (Int) -> Void = { _ in }
  ) async throws(DatabaseProblem) -> Retry {
    let many = try await rehearse(choice, until: Self.atOnce).retried > Self.atOnce
    var bounds = choice.bounds(at: try await session.now())
    var retry = Retry()
    var goesOn = true
    while goesOn {
      let parameters =
        choice.parameters(bounds) + [
          .uuid(bounds.id), .int4(Int32(clamping: batch)), .seconds(giveUpAfter),
          .seconds(many ? Self.spread : WholeDuration(seconds: 0)),
          .int4(Int32(clamping: keepLive)),
        ]
      goesOn = try await session.batch(Queries.retryDeadLetters, parameters) {
        rows throws(PostgresError) in
        for row in rows { retry.note(try Retry.Left(row), choice) }
        guard let last = rows.last else { return false }
        (bounds.lower, bounds.id) = (try last.moment("dead_at"), try last.uuid("id"))
        return true
      }
      onProgress(retry.looked)
    }
    if retry.retried > 0 { await session.hintWorkers() }
    return retry
  }

  /// - Parameter enough: more than so many that would be retried need not be found.
  private func rehearse(
    _ choice: DeadLetterChoice, until enough: Int
  ) async throws(DatabaseProblem) -> Retry {
    var retry = Retry()
    try await list(choice, page: 5000) { page in
      for letter in page {
        retry.note(
          Retry.Left(id: letter.id, requestID: letter.requestID, fate: letter.fate), choice)
      }
      return retry.retried <= enough
    }
    return retry
  }
}

extension DeadLetters.Retry {
  fileprivate mutating func note(_ letter: Left, _ choice: DeadLetterChoice) {
    counts[letter.fate, default: 0] += 1
    if choice.ids != nil { met.formUnion([letter.id, letter.requestID]) }
    if letter.fate != .retried, left.count < DeadLetters.named { left.append(letter) }
  }
}

extension DeadLetters.Retry.Left {
  fileprivate init(_ row: Row) throws(PostgresError) {
    guard let fate = DeadLetter.Fate(rawValue: try row.text("fate")) else { throw Row.unreadable }
    self.init(
      id: try row.requestID("id"), requestID: try row.requestID("request_id"), fate: fate)
  }
}
