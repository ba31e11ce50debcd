import Postgres
import Synchronization

/// Tells separate workers that something is due: one NOTIFY in flight at a time, whatever arrives
/// meanwhile is one more. Losing one costs a poll interval.
public final class WorkerHint: Sendable {
  private enum State {
    case idle, sending, sendingThenAgain
  }

  private let session: Session
  private let state = Mutex(State.idle)

  public init(_ database: Database) {
    session = database.session([Queries.notifyWorkers], name: "pg-notify")
  }

  public func send() {
    let starts = state.withLock { state in
      guard state == .idle else {
        state = .sendingThenAgain
        return false
      }
      state = .sending
      return true
    }
    if starts { Task { await sendUntilQuiet() } }
  }

  private func sendUntilQuiet() async {
    var goesOn = true
    while goesOn {
      // Lost hints are made good by polling.
      _ = try? await session.execute(Queries.notifyWorkers, within: .seconds(1))
      goesOn = state.withLock { state in
        state = state == .sendingThenAgain ? .sending : .idle
        return state == .sending
      }
    }
  }
}

/// Hears the hints.
public final class WorkerHintListener: Sendable {
  private let listener: Listener

  /// - Parameter onHint: also called when hearing begins anew; must not block.
  public init(
    _ database: Database, onHint: @escaping @Sendable () -> Void
  ) throws(DatabaseProblem) {
    do {
      listener = try Listener(database.settings, channel: "rekey_outbox") { _ in onHint() }
    } catch { throw DatabaseProblem(error) }
  }

  public func stop() async { await listener.stop() }
}
