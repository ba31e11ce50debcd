import PasswordReset
import Synchronization

/// Holds one request at most and writes down whom it was asked for.
final class OneRequest: RequestReader, TokenConsumer {
  private let request: StoredRequest?
  private let asked = Mutex<[RequestID]>([])
  private let keys = Mutex<[KeyedHash?]>([])

  init(_ request: StoredRequest?) { self.request = request }

  /// The ids that were asked for, by whichever call.
  var calls: [RequestID] { asked.withLock { $0 } }
  /// The keys that came with the calls that consume.
  var consumerKeys: [KeyedHash?] { keys.withLock { $0 } }

  func find(_ id: RequestID) async throws(ResetError) -> StoredRequest? {
    asked.withLock { $0.append(id) }
    return request?.id == id ? request : nil
  }

  func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription? { nil }

  func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome {
    asked.withLock { $0.append(id) }
    keys.withLock { $0.append(key) }
    guard let request, request.id == id else { return .missing }
    if case .decided(let answer) = try judge(request) { return .decided(answer) }
    return .consumed(request, at: request.readAt)
  }
}

/// A store that is not there.
struct Unreachable: RequestReader, TokenConsumer, TokenRevoker, RequestRecorder {
  func find(_ id: RequestID) async throws(ResetError) -> StoredRequest? { throw .unavailable }

  func describe(
    _ id: RequestID, for caller: String
  ) async throws(ResetError) -> RequestDescription? { throw .unavailable }

  func consume(
    _ id: RequestID, key: KeyedHash?, reports: Bool,
    judge: @escaping @Sendable (StoredRequest) throws(ResetError) -> ConsumeToken.Judgement
  ) async throws(ResetError) -> ConsumeOutcome { throw .unavailable }

  func revoke(_ revocation: Revocation) async throws(ResetError) -> Int { throw .unavailable }

  func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    throw .unavailable
  }
}

/// Keeps what it is asked to revoke; each revocation kills two.
final class Revoker: TokenRevoker {
  private let kept = Mutex<[Revocation]>([])

  var revocations: [Revocation] { kept.withLock { $0 } }

  func revoke(_ revocation: Revocation) async throws(ResetError) -> Int {
    kept.withLock { $0.append(revocation) }
    return 2
  }
}
