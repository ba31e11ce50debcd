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

  @Test(arguments: RevokeReason.allCases)
  func `a revoked request says why and when`(_ reason: RevokeReason) throws {
    #expect(
      try refusal(Row(revokedAt: .after(2), revokeReason: reason))
        == .revoked(at: .after(2), reason: reason))
  }

  @Test func `used comes before revoked, revoked before replaced, replaced before expired`() throws
  {
    var row = Row(
      consumedAt: .after(1), revokedAt: .after(2), revokeReason: .invalidated,
      replacedAt: .after(1), readAt: .after(9999))
    #expect(try refusal(row) == .used(at: .after(1)))
    row.consumedAt = nil
    #expect(try refusal(row) == .revoked(at: .after(2), reason: .invalidated))
    row.revokedAt = nil
    #expect(try refusal(row) == .replaced(at: .after(1)))
    row.replacedAt = nil
    #expect(try refusal(row) == .expired)
  }

  @Test func `what had expired before it was revoked or replaced stays expired`() throws {
    var row = Row(revokedAt: .after(1800), revokeReason: .completed, readAt: .after(9999))
    row.sentAt = .after(1)
    #expect(try refusal(row) == .expired)
    (row.revokedAt, row.replacedAt) = (nil, .after(1800))
    #expect(try refusal(row) == .expired)
    row.replacedAt = .after(1799)
    #expect(try refusal(row) == .replaced(at: .after(1799)))
  }

  @Test func `what was never mailed is revoked, however late`() throws {
    let row = Row(revokedAt: .after(1800), revokeReason: .completed, readAt: .after(9999))
    #expect(try refusal(row) == .revoked(at: .after(1800), reason: .completed))
  }

  @Test func `a clock that steps back revives nothing`() throws {
    var row = Row(revokedAt: .after(1900), revokeReason: .completed, readAt: .after(60))
    row.sentAt = .after(1)
    #expect(try refusal(row) == .expired)
  }

  @Test func `no error of the flow says what it was about`() {
    for error in [ResetError.unavailable, .overloaded, .cryptography, .corrupt] {
      #expect(!error.description.isEmpty && error.description.utf8.count < 60)
    }
  }
}
