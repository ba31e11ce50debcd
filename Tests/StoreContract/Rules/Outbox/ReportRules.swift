import PasswordReset
import Testing

extension StoreContract {
  static let reportRules = [
    Rule("a report suppresses its address and tells whose request it was") { contract in
      for (number, isComplaint) in [false, true].enumerated() {
        let email = "p\(number)@example.com"
        let id = try await contract.mail(Ask(email))
        let report = try contract.report(email, id, isComplaint: isComplaint)
        #expect(try await contract.receive([report], call: email))
        #expect(try await contract.isSuppressed(email))
        let events = try await contract.events()
        #expect(events.map(\.requestID) == [id])
        let ready = try #require(events.first?.ready)
        #expect(ready.event == (isComplaint ? .requestDisputed : .deliveryFailed))
        #expect(ready.cause == (isComplaint ? "complaint" : "bounce"))
        try await contract.moveTime(.seconds(3600) - .grain)
        #expect(try await contract.isSuppressed(email))
        try await contract.moveTime(.grain)
        #expect(try await contract.isSuppressed(email) == false)
      }
    },
    Rule("a call that comes again is refused and does nothing") { contract in
      let id = try await contract.mail()
      let reports = [try contract.report("ada@example.com", id)]
      #expect(try await contract.receive(reports))
      #expect(try await contract.events().count == 1)
      let other = [try contract.report("bob@example.com", id, "another")]
      for again in [reports, other, []] { #expect(try await contract.receive(again) == false) }
      #expect(try await contract.isSuppressed("bob@example.com") == false)
      // Long after the suppression has ended.
      try await contract.moveTime(.seconds(40_000))
      #expect(try await contract.receive(reports) == false)
      #expect(try await contract.isSuppressed() == false)
      #expect(try await contract.events().isEmpty)
    },
    Rule("a report that comes again in another call does nothing, what is new beside it does") {
      contract in
      let (first, second) = (
        try await contract.mail(), try await contract.mail(Ask("bob@example.com"))
      )
      #expect(try await contract.receive([contract.report("ada@example.com", first, "1")]))
      #expect(try await contract.events().map(\.requestID) == [first])
      try await contract.moveTime(.seconds(3600))
      let reports = [
        try contract.report("ada@example.com", first, "1"),
        try contract.report("bob@example.com", second, "2"),
      ]
      #expect(try await contract.receive(reports, call: "another"))
      #expect(try await contract.isSuppressed() == false)
      #expect(try await contract.isSuppressed("bob@example.com"))
      let events = try await contract.events()
      #expect(events.map(\.requestID) == [second])
    },
    Rule("a report that stands twice in one call counts once") { contract in
      let id = try await contract.mail()
      let report = try contract.report("ada@example.com", id)
      #expect(try await contract.receive([report, report, report]))
      #expect(try await contract.events().count == 1)
    },
    Rule("different reports of one request are each told") { contract in
      let id = try await contract.mail()
      let reports = [
        try contract.report("ada@example.com", id, "1"),
        try contract.report("ada@example.com", id, "2", isComplaint: true),
      ]
      #expect(try await contract.receive(reports))
      #expect(try await contract.isSuppressed())
      let told = try await contract.events().compactMap(\.ready?.event)
      #expect(Set(told) == [.deliveryFailed, .requestDisputed] && told.count == 2)
    },
    Rule("a report of an unknown request, or of none, only suppresses") { contract in
      let nobody = RequestID.lowest(at: try contract.store.clock.now())
      let reports = [
        try contract.report("ada@example.com", nobody, "1"),
        try contract.report("bob@example.com", nil, "2"),
      ]
      #expect(try await contract.receive(reports))
      for email in ["ada@example.com", "bob@example.com"] {
        #expect(try await contract.isSuppressed(email))
      }
      #expect(try await contract.claimable() == [])
    },
    Rule("a report that concerns many callers suppresses for each and is told once") { contract in
      let id = try await contract.mail()
      let report = try contract.report("ada@example.com", id, callers: ["other", "app", "third"])
      #expect(try await contract.receive([report]))
      for caller in ["app", "other", "third"] {
        #expect(try await contract.isSuppressed(for: caller))
      }
      #expect(try await contract.isSuppressed(for: "fourth") == false)
      #expect(try await contract.events().map(\.requestID) == [id])
    },
    Rule("only callers that want events are told") { contract in
      let plain = try await contract.mail(Ask("a@example.com"))
      let odd = try await contract.mail(Ask("b@example.com").with(\.caller, "other"))
      for common in [true, false] {
        let reports = [
          try contract.report("a@example.com", plain, "\(common)-1"),
          try contract.report("b@example.com", odd, "\(common)-2", callers: ["other"]),
        ]
        #expect(
          try await contract.receive(
            reports, call: "\(common)", common: common, exceptions: ["other"]))
        #expect(try await contract.events().map(\.requestID) == [common ? plain : odd])
      }
      #expect(try await contract.isSuppressed("a@example.com"))
      #expect(try await contract.isSuppressed("b@example.com", for: "other"))
    },
    Rule("a call without reports is remembered too") { contract in
      for (call, isNew) in [("call", true), ("call", false), ("another", true)] {
        let answer = try await contract.receive([], call: call)
        #expect(answer == isNew)
      }
    },
    Rule("of one call many times at once, one counts") { contract in
      let id = try await contract.mail()
      let reports = [try contract.report("ada@example.com", id)]
      let answers = try await contract.atOnce(20) { try await contract.receive(reports) }
      #expect(answers.count { $0 } == 1)
      #expect(try await contract.events().count == 1)
    },
    Rule("of one report in many calls at once, one counts") { contract in
      let ids = [try await contract.mail(), try await contract.mail(Ask("bob@example.com"))]
      let reports = [
        try contract.report("ada@example.com", ids[0], "1"),
        try contract.report("bob@example.com", ids[1], "2"),
      ]
      let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<12 {
          // In either order: nobody waits for another in a circle.
          let ordered = number.isMultiple(of: 2) ? reports : reports.reversed()
          group.addTask { try await contract.receive(ordered, call: "call-\(number)") }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == Array(repeating: true, count: 12))
      #expect(Set(try await contract.events().map(\.requestID)) == Set(ids))
    },
  ]

  private func receive(
    _ records: [ReportRecord], call: String = "call", common: Bool = true,
    exceptions: [String] = []
  ) async throws -> Bool {
    try await store.reports.record(
      records, delivery: try vault.receiptKey(of: "call", Array("provider".utf8), Array(call.utf8)),
      reports: EventSubscribers(common: common, exceptions: exceptions))
  }

  private func report(
    _ email: String, _ id: RequestID?, _ name: String = "report", isComplaint: Bool = false,
    callers: [String] = ["app"]
  ) throws -> ReportRecord {
    let name = Array("\(email) \(name)".utf8)
    return ReportRecord(
      receipt: try vault.receiptKey(of: "report", Array("provider".utf8), name),
      suppressions: try callers.map {
        try suppression(of: email, isComplaint ? .complaint : .bounce, for: 3600, caller: $0)
      },
      requestID: id, event: isComplaint ? .requestDisputed : .deliveryFailed)
  }
}
