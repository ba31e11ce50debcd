/// One connection that makes itself anew: dead or not yet made, it connects at its next use.
///
/// Not Sendable: it lives within one actor, whose thread it blocks.
final class Connection {
  private let settings: PostgresSettings
  private let statements: [Statement]
  private let interrupt: Int32
  private var handle: ConnectionHandle?
  /// The host that answered last is asked first.
  private var lastGood = 0

  init(_ settings: PostgresSettings, statements: [Statement], interrupt: Int32 = -1) {
    self.settings = settings
    self.statements = [.begin, .commit, .rollback] + statements
    self.interrupt = interrupt
  }

  func close() {
    handle = nil
  }

  /// Connects if there is no connection or if the server has ended it since its last use. Nothing
  /// has been sent yet, so this is the one place where a new connection can be had unasked.
  @discardableResult
  func ready(until deadline: Deadline) throws(PostgresError) -> ConnectionHandle {
    if let handle, handle.isStillOpen() { return handle }
    handle = nil
    let made = try connect(until: deadline)
    handle = made
    return made
  }

  /// One round trip on the connection that `ready` gave.
  func perform(_ roundTrip: RoundTrip, until deadline: Deadline) throws(PostgresError) -> Rows {
    guard let handle else { throw .unavailable(reason: "the connection was lost") }
    do {
      return try handle.perform(roundTrip, until: deadline)
    } catch {
      dropIfUseless(after: error)
      throw error
    }
  }

  func prepared(
    _ statement: Statement, until deadline: Deadline
  ) throws(PostgresError) -> PreparedStatement {
    guard let handle else { throw .unavailable(reason: "the connection was lost") }
    if handle.prepared[statement.name] == nil {
      do {
        try handle.prepare(statement, until: deadline)
      } catch {
        dropIfUseless(after: error)
        throw error
      }
    }
    guard let prepared = handle.prepared[statement.name], prepared.statement == statement else {
      throw .misuse("two statements are named \(statement.name)")
    }
    return prepared
  }

  func script(_ sql: String, until deadline: Deadline) throws(PostgresError) {
    guard let handle else { throw .unavailable(reason: "the connection was lost") }
    do {
      try handle.script(sql, until: deadline)
    } catch {
      dropIfUseless(after: error)
      throw error
    }
  }

  /// Ends one caller's use: whatever it left behind must not reach the next.
  func settle() {
    guard let handle else { return }
    if !handle.isAlive || !handle.isIdle { self.handle = nil }
  }

  private func dropIfUseless(after error: PostgresError) {
    switch error {
    case .unavailable, .deadline, .closed: handle = nil
    case .server(let state, _, _) where SQLState.staleConnection(state): handle = nil
    default: break
    }
  }

  private func connect(until deadline: Deadline) throws(PostgresError) -> ConnectionHandle {
    var failure = PostgresError.unavailable(reason: "no host")
    let count = settings.targets.count
    for attempt in 0..<count {
      let target = (lastGood + attempt) % count
      // A host that swallows packets must leave time for those after it.
      let share = min(settings.connectTimeout, deadline.remaining / (count - attempt))
      do {
        let made = try connect(to: target, until: deadline.orSooner(share))
        lastGood = target
        return made
      } catch .closed {
        throw .closed
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private func connect(
    to target: Int, until deadline: Deadline
  ) throws(PostgresError) -> ConnectionHandle {
    let made = try ConnectionHandle(
      settings.targets[target], interrupt: interrupt,
      travelling: settings.isPooled ? settings.options : nil)
    try made.establish(until: deadline)
    try made.setUp(options: settings.options, statements: statements, until: deadline)
    return made
  }
}
