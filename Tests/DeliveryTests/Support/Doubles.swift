import PasswordReset
import Synchronization

@testable import Delivery

/// Keeps what it is asked to compose; the mail's text is its link.
final class Composer: MessageComposer {
  private let fault: CompositionError?
  private let kept = Mutex<[Letter]>([])

  init(fault: CompositionError? = nil) { self.fault = fault }

  var letters: [Letter] { kept.withLock { $0 } }

  func compose(_ letter: Letter) throws(CompositionError) -> RenderedMail {
    kept.withLock { $0.append(letter) }
    if let fault { throw fault }
    return RenderedMail(
      messageID: letter.messageID, requestID: letter.requestID, date: letter.createdAt,
      from: letter.from, to: letter.to, subject: letter.brand, text: letter.link ?? "", html: "")
  }
}

extension Letter {
  var link: String? {
    if case .link(let link, _) = subject { link } else { nil }
  }
}

/// A directory that knows one answer, and keeps whom it was asked for.
final class Directory: AccountDirectory {
  private let answer: Result<Account?, DirectoryError>
  private let kept = Mutex<[String]>([])

  init(_ answer: Result<Account?, DirectoryError>) { self.answer = answer }

  var asked: [String] { kept.withLock { $0 } }

  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account? {
    kept.withLock { $0.append(address.text) }
    return try answer.get()
  }
}

/// A directory that answers nobody until a test lets it, or until the question's task is cancelled.
final class SilentDirectory: AccountDirectory {
  struct State: Sendable {
    var asked = 0
    var open: [CheckedContinuation<Void, Never>] = []
    var answer: Result<Account?, DirectoryError>?
  }

  let state = Watched(State())

  func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isAnswered = state.update { state in
          state.asked += 1
          if state.answer == nil, !Task.isCancelled { state.open.append(continuation) }
          return state.answer != nil || Task.isCancelled
        }
        if isAnswered { continuation.resume() }
      }
    } onCancel: {
      letGo()
    }
    guard let answer = state.value.answer else { throw DirectoryError(cause: "timeout") }
    return try answer.get()
  }

  /// From now on all are answered so.
  func answer(_ answer: Result<Account?, DirectoryError>) {
    state.update { $0.answer = answer }
    letGo()
  }

  /// Those who are asking now get no answer.
  func letGo() {
    let open = state.update { state in
      defer { state.open = [] }
      return state.open
    }
    for continuation in open { continuation.resume() }
  }
}

/// A list of suppressed addresses.
final class Suppressions: SuppressionList {
  struct State: Sendable {
    var keys: Set<KeyedHash> = []
    var asked = 0
    var added: [Suppression] = []
    var fault: ResetError?
  }

  let state = Watched(State())

  func contains(_ addressKey: KeyedHash) async throws(ResetError) -> Bool {
    let answer: Result<Bool, ResetError> = state.update { state in
      state.asked += 1
      return state.fault.map { .failure($0) } ?? .success(state.keys.contains(addressKey))
    }
    return try answer.get()
  }

  func add(_ suppression: Suppression) async throws(ResetError) {
    let answer: Result<Void, ResetError> = state.update { state in
      state.added.append(suppression)
      return state.fault.map { .failure($0) } ?? .success(())
    }
    try answer.get()
  }
}

/// The database's clock, standing still.
struct StandingClock: DatabaseClock {
  func now() throws(ResetError) -> Timestamp { Sample.moment }
}

/// A clock that a test moves.
final class TestClock: Sendable {
  private let moment = Mutex(ContinuousClock.now)

  var now: ContinuousClock.Instant { moment.withLock { $0 } }

  func advance(by duration: Duration) { moment.withLock { $0 += duration } }
}

/// A lease that a test takes away.
final class TestLease: Lease {
  private let held: Mutex<Bool>

  init(isHeld: Bool = true) { held = Mutex(isHeld) }

  var isHeld: Bool { held.withLock { $0 } }

  func lose() { held.withLock { $0 = false } }
}
