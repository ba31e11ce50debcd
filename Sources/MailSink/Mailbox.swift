internal import NIOCore
internal import NIOPosix
internal import Synchronization

// What came in: to look at, to wait for, to be told of.
extension MailSink {
  /// A command as it came, for tests of what a client says.
  public struct CommandLine: Sendable, Equatable {
    /// The connection, counted from 1.
    public let connection: Int
    /// Without CRLF; bytes that are not UTF-8 replaced.
    public let line: String
  }

  static let commandLimit = 1000

  /// The mails kept, newest last.
  public var mails: [ReceivedMail] { state.withLock { $0.mails.all } }

  /// The last 1000 commands, newest last; lines of messages are not commands.
  public var commands: [CommandLine] {
    state.withLock { $0.commands.suffix(Self.commandLimit) }
  }

  /// How many connections were ever made, and how many are open.
  public var connections: (made: Int, open: Int) {
    state.withLock { ($0.connections, $0.open.count) }
  }

  /// Forgets mails and commands; numbers go on.
  public func removeAll() {
    state.withLock {
      $0.mails.removeAll()
      $0.commands = []
    }
  }

  /// Calls `observer` with every mail from now on. It runs on the connection's event loop, before
  /// the client has its 250, and must not block.
  public func onMail(_ observer: @escaping @Sendable (ReceivedMail) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  /// The oldest mail to that recipient (nil: to anyone) that `next` has not handed out before;
  /// waits for it at most `limit`.
  /// - Throws: `timedOut`, `stopped`, or `cancelled` with the task.
  public func next(
    to recipient: String? = nil, within limit: Duration = .seconds(10)
  ) async throws(MailSinkError) -> ReceivedMail {
    let number = state.withLock { state in
      state.waits += 1
      return state.waits
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { wait(number, for: recipient, limit: limit, $0) }
    } onCancel: {
      endWait(number, .cancelled)
    }
    return try result.get()
  }

  private func wait(
    _ number: Int, for recipient: String?, limit: Duration, _ waiter: SinkState.Waiter
  ) {
    let result: Result<ReceivedMail, MailSinkError>? = state.withLock { state in
      if let mail = state.mails.take(to: recipient) { return .success(mail) }
      if Task.isCancelled { return .failure(.cancelled) }
      if case .stopped = state.phase { return .failure(.stopped) }
      state.waiters[number] = (recipient, waiter)
      return nil
    }
    if let result { return waiter.resume(returning: result) }
    MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: TimeAmount(limit)) {
      self.endWait(number, .timedOut)
    }
  }

  /// Ends a wait once; whoever comes second finds it gone.
  private func endWait(_ number: Int, _ error: MailSinkError) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
    waiter?.continuation.resume(returning: .failure(error))
  }

  func receive(_ draft: MailDraft, on connection: Int) {
    let now = configuration.now()
    let (mail, waiter, observers) = state.withLock { state in
      state.received += 1
      let mail = draft.received(id: state.received, connection: connection, at: now)
      return (mail, state.store(mail), state.observers)
    }
    for observer in observers { observer(mail) }
    waiter?.resume(returning: .success(mail))
  }
}
