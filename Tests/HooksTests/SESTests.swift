import Hooks
import PasswordReset
import Testing

@Suite struct `The hook for SES` {
  private let topic: HooksTopic

  init() throws { topic = try HooksTopic() }

  private static func mail(_ feedback: String, _ type: String = "eventType") -> String {
    """
    {\(feedback),"mail":{"messageId":"0100","destination":["ada@example.org"],\
    "headers":[{"name":"To","value":"x"}],"commonHeaders":{"to":["x"]},\
    "tags":{"ses:operation":["SendEmail"],"rekey_request":["\(HooksSample.request)"]}}}
    """.replacing("eventType", with: type)
  }

  private static func bounce(_ kind: String = "Permanent", address: String = "ada@example.org")
    -> String
  {
    mail(
      """
      "eventType":"Bounce","bounce":{"bounceType":"\(kind)","bounceSubType":"General",\
      "feedbackId":"f-1","bouncedRecipients":[{"emailAddress":"\(address)",\
      "diagnosticCode":"smtp; 550 5.1.1 no\\nsuch"}]}
      """)
  }

  private static func complaint(_ more: String) -> String {
    mail(
      """
      "eventType":"Complaint","complaint":{"feedbackId":"f-2"\(more),\
      "complainedRecipients":[{"emailAddress":"Ada <ada@example.org>"}]}
      """)
  }

  private func outcome(
    _ text: String, version: String = "2", _ change: (inout [String: String]) -> Void = { _ in }
  ) async throws -> HooksOutcome {
    await HooksOutcome.of(
      try topic.hook(), try topic.call("Notification", text, version: version, change))
  }

  @Test(arguments: ["1", "2"])
  func `takes permanent bounces, under either signature`(version: String) async throws {
    let expected = [try ProviderReport.sample(.bounce, id: "f-1 0")]
    #expect(try await outcome(Self.bounce(), version: version) == .taken(expected))
    let text = Self.bounce().replacing("eventType", with: "notificationType")
    #expect(
      try await outcome(text, version: version) { $0["Subject"] = "A\nb" } == .taken(expected))
  }

  @Test(arguments: ["Transient", "Undetermined", ""])
  func `has no use for other bounces`(kind: String) async throws {
    #expect(try await outcome(Self.bounce(kind)) == .nothing)
  }

  @Test(arguments: [
    ("", ProviderReport.Kind.complaint), (#","complaintFeedbackType":"abuse""#, .complaint),
    (#","complaintSubType":null"#, .complaint), (#","complaintFeedbackType":"not-spam""#, nil),
    (#","complaintSubType":"OnAccountSuppressionList""#, .bounce),
  ])
  func `takes complaints, but not praise`(
    more: String, kind: ProviderReport.Kind?
  ) async throws {
    let expected = try kind.map { [try ProviderReport.sample($0, id: "f-2 0")] } ?? []
    #expect(try await outcome(Self.complaint(more)) == .taken(expected))
  }

  @Test(arguments: [
    mail("\"eventType\":\"Delivery\""), mail("\"eventType\":\"Unheard Of\""), "{}",
    mail("\"eventType\":\"Bounce\""), bounce(address: "nobody"), bounce(address: ""),
    "Successfully validated SNS topic for Amazon SES event publishing.",
  ])
  func `has no use for other events, nor for what names no address`(text: String) async throws {
    #expect(try await outcome(text) == .nothing)
  }

  @Test(arguments: ["", "Hello world!", "[]", "{"])
  func `says of a signed message that is no event that it cannot be read`(
    text: String
  ) async throws {
    #expect(try await outcome(text) == .refused(.unreadable))
  }

  @Test func `names a call by its message`() async throws {
    let delivery = try await topic.hook().delivery(try topic.call())
    #expect(delivery.provider == "ses" && delivery.reports.isEmpty)
    #expect(delivery.id == Array("22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324".utf8))
  }

  @Test(arguments: ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"])
  func `accepts no message with a changed member`(type: String) async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let hook = try topic.hook(web)
    var members = HooksTopic.members(type, Self.bounce())
    if type == "Notification" { members["Subject"] = "s" }
    let signed = try topic.signed(members)
    let names = Set(signed.keys).subtracting(["SigningCertURL", "UnsubscribeURL"])
    for name in names {
      for changed in [nil, "\(signed[name] ?? "")x", "x\(signed[name] ?? "")", ""] {
        var members = signed
        members[name] = changed
        let call = HooksSample.call(HooksTopic.body(members))
        #expect(await HooksOutcome.of(hook, call) == .unauthenticated, "\(name)")
      }
    }
    #expect(web.urls.allSatisfy { $0 == HooksTopic.url })
  }

  @Test func `accepts no message under the other version's digest, or a third's`() async throws {
    let hook = try topic.hook()
    let members = HooksTopic.members("Notification", "{}")
    for (version, said) in [("1", "2"), ("2", "1"), ("2", "3"), ("2", "")] {
      var signed = try topic.signed(members, version: version)
      signed["SignatureVersion"] = said
      let call = HooksSample.call(HooksTopic.body(signed))
      #expect(await HooksOutcome.of(hook, call) == .unauthenticated)
    }
  }

  @Test(arguments: [
    "arn:aws:sns:us-east-1:123456789012:bounces2", "arn:aws:sns:us-east-1:123456789012:bounce",
    "arn:aws:sns:us-east-1:999999999999:bounces", "arn:aws:sns:us-east-1:123456789012:Bounces",
    "arn:aws:sns:us-east-1:123456789012:bounces\n", "",
  ])
  func `accepts no topic but its own, and fetches nothing for others`(arn: String) async throws {
    let web = HooksWeb()
    let call = try topic.call("Notification", Self.bounce()) { $0["TopicArn"] = arn }
    #expect(await HooksOutcome.of(try topic.hook(web), call) == .unauthenticated)
    #expect(web.urls.isEmpty)
  }

  @Test(arguments: [
    (86_400, 0, true), (86_400, 1, false), (-300, 0, true), (-300, -1, false),
  ])
  func `counts for 24 hours, and from five minutes before`(
    seconds: Int64, microseconds: Int64, isFresh: Bool
  ) async throws {
    let web = HooksWeb([HooksTopic.url: Array(try topic.certificate().utf8)])
    let now = HooksSample.clock(seconds, microseconds: microseconds)
    let outcome = await HooksOutcome.of(try topic.hook(web), try topic.call(at: now))
    #expect(outcome == (isFresh ? .nothing : .unauthenticated))
    #expect(web.urls.count == (isFresh ? 1 : 0))
  }

  @Test(arguments: [
    "2026-11-21T09:30:00Z", "2026-11-21T09:30:00.5Z", "2026-11-21T09:29:59.999999Z",
  ])
  func `reads moments with and without fractions`(text: String) async throws {
    #expect(try await outcome("{}") { $0["Timestamp"] = text } == .nothing)
  }

  @Test(arguments: [
    "2026-11-21T09:30:00", "2026-11-21 09:30:00Z", "2026-11-21T09:30:00+00:00", "",
    "2026-10-52T09:30:00Z", "2026-02-29T09:30:00Z", "2026-13-01T09:30:00Z", "1795253400",
    "2026-11-21T24:00:00Z", "2026-11-21T09:60:00Z", "2026-11-21T09:30:60Z",
    "2026-11-21T09:30:00.Z", "2026-11-21T09:30:00.1234567Z", "2026-11-21T09:30:00Z\n",
  ])
  func `reads no other moments`(text: String) async throws {
    #expect(try await outcome("{}") { $0["Timestamp"] = text } == .unauthenticated)
  }

  @Test(arguments: [
    ("", HookProblem.empty), (" \n", .empty), ("bounces", .topic(number: 1)),
    ("\(HooksTopic.arn) arn:aws:sqs:us-east-1:1:x", .topic(number: 2)),
    ("arn:aws:sns:us-east-1::bounces", .topic(number: 1)),
    ("arn:aws:sns:us-east-1:1:b\u{e9}", .topic(number: 1)),
    ("arn:aws:sns:us-east-1:1:b:c", .topic(number: 1)),
  ])
  func `cannot be without topics`(topics: String, problem: HookProblem) throws {
    #expect(throws: problem) { try topic.hook(HooksWeb(), topics: topics) }
  }

  @Test func `has any of its topics`() async throws {
    let other = "arn:aws-cn:sns:cn-north-1:123456789012:b.fifo"
    let hook = try topic.hook(topics: " \(other)\t\(HooksTopic.arn)\n")
    for arn in [other, HooksTopic.arn] {
      let call = try topic.call { $0["TopicArn"] = arn }
      #expect(await HooksOutcome.of(hook, call) == .nothing)
    }
  }
}
