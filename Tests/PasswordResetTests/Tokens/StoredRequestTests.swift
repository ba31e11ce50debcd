import Support
import Testing

@testable import PasswordReset

@Suite struct VerdictTests {
  private func refusal(_ row: Row) throws -> TokenRefusal? {
    try row.stored(in: Sample.vault()).refusal
  }

  @Test func `a request that nothing has happened to is live`() throws {
    #expect(try refusal(Row()) == nil)
  }

  @Test func `a microsecond before it expires it is live, at that moment it is not`() throws {
    let last = Timestamp(microseconds: Timestamp.after(1800).microseconds - 1)
    #expect(try refusal(Row(readAt: last)) == nil)
    #expect(try refusal(Row(readAt: .after(1800))) == .expired)
    #expect(try refusal(Row(readAt: .after(1801))) == .expired)
  }

  @Test(arguments: [
    (RevokeReason.invalidated, TokenRefusal.revoked(at: .after(2))),
    (.siblingConsumed, .revoked(at: .after(2))), (.completed, .revoked(at: .after(2))),
    (.replaced, .replaced(at: .after(2))),
  ])
  func `a revoked request says how and when`(_ reason: RevokeReason, _ refusal: TokenRefusal) throws
  {
    #expect(try self.refusal(Row(revokedAt: .after(2), revokeReason: reason)) == refusal)
  }

  @Test func `used comes before revoked, replaced and expired`() throws {
    for reason in [RevokeReason.invalidated, .replaced] {
      let row = Row(
        consumedAt: .after(1), revokedAt: .after(2), revokeReason: reason, readAt: .after(9999))
      #expect(try refusal(row) == .used(at: .after(1)))
    }
  }

  @Test func `revoked and replaced come before expired`() throws {
    var row = Row(revokedAt: .after(2), revokeReason: .invalidated, readAt: .after(9999))
    #expect(try refusal(row) == .revoked(at: .after(2)))
    row.revokeReason = .replaced
    #expect(try refusal(row) == .replaced(at: .after(2)))
    row.revokedAt = nil
    #expect(try refusal(row) == .expired)
  }

  @Test func `no error of the flow says what it was about`() {
    for error in [ResetError.unavailable, .overloaded, .cryptography, .corrupt] {
      #expect(!error.description.isEmpty && error.description.utf8.count < 60)
    }
  }
}
