import PasswordReset
import Testing

extension StoreContract {
  static let replacementRules = [
    Rule("the newest three links of an account stay live, the oldest is replaced") { contract in
      let ids = try await contract.mailOneAfterAnother(3)
      for id in ids { #expect(try await contract.refusal(id) == nil) }
      try await contract.moveTime(.seconds(60))
      let newest = try await contract.mail(try Ask("d@example.com", account: "42"))
      #expect(try await contract.refusal(ids[0])?.isReplaced == true)
      #expect(try await contract.describe(ids[0]).reason == "replaced")
      for id in ids[1...] + [newest] { #expect(try await contract.refusal(id) == nil) }
      #expect(try await contract.consume(ids[0]).refusal?.isReplaced == true)
    },
    Rule("links are replaced when the new one is sent, not when it is asked for") { contract in
      let ids = try await contract.mailOneAfterAnother(3)
      try await contract.moveTime(.seconds(60))
      let waiting = try await contract.accept(try Ask("d@example.com", account: "42"))
      let message = try await contract.claim(waiting)
      #expect(try await contract.refusal(ids[0]) == nil)
      #expect(try await contract.store.outbox.finish(message, .dead(cause: "rcpt_550")))
      #expect(try await contract.refusal(ids[0]) == nil)
    },
    Rule("dead links do not count among the live ones") { contract in
      let ids = try await contract.mailOneAfterAnother(2)
      try await contract.moveTime(.seconds(1790))
      let young = try await contract.mailOneAfterAnother(3, from: 2)
      for id in ids { #expect(try await contract.refusal(id) != nil) }
      for id in young { #expect(try await contract.refusal(id) == nil) }
    },
    Rule("other accounts' links are not replaced") { contract in
      let other = try await contract.mail(try Ask("z@example.com", account: "43"))
      let foreign = try await contract.mail(
        try Ask("y@example.com", account: "42").with(\.caller, "other"))
      try await contract.moveTime(.seconds(1))
      _ = try await contract.mailOneAfterAnother(4)
      #expect(try await contract.refusal(other) == nil)
      #expect(try await contract.refusal(foreign) == nil)
    },
    Rule("where nobody is asked, the links of an address are replaced") { contract in
      var ids: [RequestID] = []
      for _ in 0..<4 {
        ids.append(try await contract.mail(Ask().with(\.addressLimits, "9/1h")))
        try await contract.moveTime(.seconds(1))
      }
      #expect(try await contract.refusal(ids[0])?.isReplaced == true)
      for id in ids[1...] { #expect(try await contract.refusal(id) == nil) }
    },
  ]

  /// Links of account 42, ten seconds apart, so that their ids tell their order.
  private func mailOneAfterAnother(_ count: Int, from first: Int = 0) async throws -> [RequestID] {
    var ids: [RequestID] = []
    for number in first..<(first + count) {
      if !ids.isEmpty { try await moveTime(.seconds(10)) }
      ids.append(try await mail(try Ask("p\(number)@example.com", account: "42")))
    }
    return ids
  }
}
