import Cryptography
import PasswordReset
import StoreContract
import Synchronization
import Testing

/// Makes drafts as the domain does, without a store behind it.
struct Drafts: Sendable {
  private let kept = KeptDraft()
  private let vault: Vault
  private let clock: any DatabaseClock

  init(clock: any DatabaseClock) throws {
    vault = try TestVault.make()
    self.clock = clock
  }

  func draft(
    _ email: String = "ada@example.com", client: String? = nil, key: String? = nil,
    limits: String = "3/15m", clientLimits: String = "20/1h"
  ) async throws -> RequestDraft {
    let request = RequestReset(recorder: kept, vault: vault, clock: clock) {
      () throws(ResetError) in
      do { return try SecureRandom.bytes(20) } catch { throw .cryptography }
    }
    let ask = Ask(email).with(\.addressLimits, limits).with(\.clientLimits, clientLimits)
    let details = RequestDetails(
      email: try TestVault.address(email), claim: .unasked, locale: nil, data: nil)
    _ = try await request(
      details, client: try client.map { try #require(ClientAddress($0)) },
      from: try ask.asCaller(),
      repeatable: try key.map { (try #require(IdempotencyKey($0)), []) })
    return try #require(kept.draft)
  }
}

private final class KeptDraft: RequestRecorder {
  private let last = Mutex<RequestDraft?>(nil)

  var draft: RequestDraft? { last.withLock { $0 } }

  func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    last.withLock { $0 = draft }
    return .accepted(draft.id)
  }
}

/// A database's clock that a test sets.
final class SetClock: DatabaseClock {
  private let time: Mutex<Timestamp>

  init(_ now: Timestamp) { time = Mutex(now) }

  func now() -> Timestamp { time.withLock { $0 } }

  func advance(bySeconds seconds: Int64) {
    time.withLock { $0 = $0.advanced(bySeconds: seconds) }
  }
}
