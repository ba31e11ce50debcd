public import Logging
public import PasswordReset
import ServiceLifecycle

/// A directory, and the queue of those who ask it: one that hangs holds up its own mails alone.
public struct QueuedDirectory: Sendable {
  let directory: any AccountDirectory
  let queue: DependencyQueue

  /// - Parameters:
  ///   - name: for the log and for operators, 1 to 64 octets.
  ///   - width: questions at once, 1 to 128; from twice as many to 256 more wait their turn.
  ///   - onRoom: told when there is room again for those that were sent away.
  public init(
    _ directory: any AccountDirectory, name: String, width: Int, logger: Logger,
    onRoom: @escaping @Sendable () -> Void
  ) {
    self.init(
      directory,
      DependencyQueue(
        "directory", name, width: width, waiting: width * 2...256, logger: logger, now: { .now },
        onRoom: onRoom))
  }

  init(_ directory: any AccountDirectory, _ queue: DependencyQueue) {
    self.directory = directory
    self.queue = queue
  }

  /// How it fares.
  public var state: TransportState { queue.state }

  func account(
    for address: EmailAddress, caller: Caller
  ) async -> DependencyQueue.Answer<Result<Account?, DirectoryError>> {
    await queue.call {
      switch $0 {
      case .success: .delivered
      case .failure(let error):
        .transient(cause: error.cause, blame: error.blame == .directory ? .transport : .message)
      }
    } _: {
      do throws(DirectoryError) {
        return .success(try await directory.account(for: address, caller: caller))
      } catch { return .failure(error) }
    }
  }
}

/// Finds out whose mail it is.
struct AccountLookup: Sendable {
  let parts: MailParts

  /// Whether anything is to be found out.
  func isNeeded(for details: RequestDetails, _ attempt: MailAttempt) -> Bool {
    if attempt.message.kind == .noAccount { return false }
    return switch details.claim {
    case .known: false
    case .none: true
    case .unasked: parts.directory(attempt.caller) != nil
    }
  }

  /// What the request says, with its account named. Whom the directory names is written down before
  /// the mail goes, so that the link knows it from the first click.
  func named(
    _ details: RequestDetails, _ attempt: MailAttempt
  ) async throws(NoMail) -> RequestDetails {
    guard isNeeded(for: details, attempt) else { return details }
    guard details.claim == .unasked, let directory = parts.directory(attempt.caller) else {
      throw await noAccount(details, attempt)
    }
    guard let account = try await ask(directory, details.email, attempt) else {
      throw await noAccount(details, attempt)
    }
    let named = details.naming(account)
    if attempt.message.kind == .link { try await writeDown(account, named, attempt) }
    return named
  }

  /// A process that is told to end does not wait for the answer, nor for its turn.
  private func ask(
    _ directory: QueuedDirectory, _ address: EmailAddress, _ attempt: MailAttempt
  ) async throws(NoMail) -> Account? {
    let answer = await cancelWhenGracefulShutdown {
      await directory.account(for: address, caller: attempt.caller)
    }
    switch answer {
    case .ended(.success(let account)): return account
    case .ended(.failure) where Task.isShuttingDownGracefully:
      throw NoMail(end: attempt.book.handBack)
    case .ended(.failure(let error)): throw attempt.retry("directory_\(error.cause)")
    // Nothing was tried, so nothing is counted.
    case .mustWait(let pause): throw NoMail(.released(after: pause))
    }
  }

  /// The mail that says so goes out where the caller wants it and the address has room for it.
  private func noAccount(_ details: RequestDetails, _ attempt: MailAttempt) async -> NoMail {
    let nothing = NoMail(.dropped(.noAccount))
    guard attempt.message.kind == .link, let limits = attempt.caller.settings.noAccountLimits
    else { return nothing }
    do {
      let isTurned = try await parts.outbox.sayNoAccount(
        attempt.message,
        limiterKey: try parts.vault.noAccountKey(
          details.email, caller: attempt.caller.name), limits: limits)
      return isTurned ? NoMail(end: nil) : nothing
    } catch { return attempt.retry("no_account_not_written") }
  }

  private func writeDown(
    _ account: Account, _ details: RequestDetails, _ attempt: MailAttempt
  ) async throws(NoMail) {
    let isHeld: Bool
    do {
      isHeld = try await parts.outbox.name(
        try parts.vault.accountKey(id: account.id, caller: attempt.caller.name),
        sealed: try parts.vault.seal(details, for: attempt.message.requestID),
        for: attempt.message)
    } catch { throw attempt.retry("account_not_written") }
    // Either the lease is another's, and then this end changes nothing, or the request has been
    // revoked meanwhile.
    guard isHeld else { throw NoMail(.dropped(.revoked)) }
  }
}
