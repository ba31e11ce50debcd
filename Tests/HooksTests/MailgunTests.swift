import Cryptography
import Formats
import Hooks
import PasswordReset
import Support
import Testing

@Suite struct `Mailgun's hook` {
  private static let key = "0123456789abcdef0123456789abcdef"
  private static let token = "c6f1f8b0a1d24a3b9c5d7e8f90a1b2c3d4e5f60718293a4b5c"

  private let hook: MailgunHook

  init() throws { hook = try MailgunHook(file: Self.key + "\n", addresses: Sample.policy) }

  private func proof(
    timestamp: String = String(HooksSample.second), token: String = Self.token,
    key: String = Self.key
  ) throws -> String {
    let code = try HMACSHA256.code(
      for: Array((timestamp + token).utf8), key: Secret(Array(key.utf8)))
    return """
      {"timestamp":"\(timestamp)","token":"\(token)","signature":"\(Hex.encode(code))"}
      """
  }

  private func body(_ proof: String, _ event: String) -> String {
    "{\"signature\":\(proof),\"event-data\":\(event)}"
  }

  private func event(_ event: String, _ more: String = "") -> String {
    """
    {"event":"\(event)","id":"e-1","timestamp":1795253390.417,"recipient":"ada@example.org",\
    "user-variables":{"rekey_request":"\(HooksSample.request)"},\
    "message":{"headers":{"to":"x"},"attachments":[{"a":[[[[{}]]]]}]}\(more)}
    """
  }

  private func outcome(_ body: String, at now: Timestamp = Sample.moment) async -> HooksOutcome {
    await HooksOutcome.of(hook, HooksSample.call(body, at: now))
  }

  @Test(arguments: [
    (#","severity":"permanent","reason":"bounce""#, true),
    (#","severity":"permanent","reason":"suppress-bounce""#, true),
    (#","severity":"permanent","reason":"suppress-complaint""#, true),
    (#","severity":"permanent""#, true), (#","severity":"permanent","reason":"generic""#, false),
    (#","severity":"permanent","reason":"old""#, false),
    (#","severity":"permanent","reason":"suppress-unsubscribe""#, false),
    (#","severity":"temporary","reason":"bounce""#, false), ("", false),
  ])
  func `takes a permanent failure as a bounce where the address is at fault`(
    more: String, isBounce: Bool
  ) async throws {
    let expected =
      isBounce ? [try ProviderReport.sample(.bounce, id: "failed e-1 1795253390.417")] : []
    #expect(await outcome(body(try proof(), event("failed", more))) == .taken(expected))
  }

  @Test func `takes a complaint, and names the call by its token`() async throws {
    let text = body(try proof(), event("complained"))
    let report = try ProviderReport.sample(.complaint, id: "complained e-1 1795253390.417")
    let delivery = try hook.delivery(HooksSample.call(text))
    #expect(
      delivery
        == ProviderDelivery(provider: "mailgun", id: Array(Self.token.utf8), reports: [report]))
  }

  @Test(arguments: ["delivered", "opened", "unheard_of"])
  func `has no use for other events`(name: String) async throws {
    #expect(await outcome(body(try proof(), event(name))) == .nothing)
  }

  @Test(arguments: [
    #"{"event":"complained"}"#, #"{"event":"complained","recipient":"nobody"}"#, "{}",
  ])
  func `leaves out an event without an address`(event: String) async throws {
    #expect(await outcome(body(try proof(), event)) == .nothing)
  }

  @Test(arguments: ["7", "null", "[]", "\"x\""])
  func `says of a signed call without an event that it cannot be read`(event: String) async throws {
    #expect(await outcome(body(try proof(), event)) == .refused(.unreadable))
    #expect(await outcome("{\"signature\":\(try proof())}") == .refused(.unreadable))
  }

  @Test func `accepts no other timestamp, token or signature`() async throws {
    let good = try proof()
    let complaint = event("complained")
    #expect(await outcome(body(good, complaint)) != .unauthenticated)
    let second = String(HooksSample.second)
    let others = [
      good.replacing(second, with: String(HooksSample.second + 1)),
      good.replacing("c6f1f8", with: "d6f1f8"), try proof(key: Self.key + "0"),
      good.replacing("\"signature\":\"", with: "\"signature\":\"00"), "{}", "null", "\"x\"",
      good.replacing("\"token\"", with: "\"tokens\""),
      #"{"timestamp":"\#(second)","token":"t","signature":""}"#,
      // The same signed text, cut elsewhere.
      good.replacing("\(second)\",\"token\":\"c6", with: "\(second)c\",\"token\":\"6"),
      try proof(token: ""), try proof(token: "a b"), try proof(token: "a\u{e9}"),
      try proof(token: String(repeating: "t", count: 257)),
    ]
    for other in others {
      #expect(await outcome(body(other, complaint)) == .unauthenticated, "\(other)")
    }
    for other in ["", "{", "[]", complaint] { #expect(await outcome(other) == .unauthenticated) }
  }

  @Test func `takes the timestamp as a number too`() async throws {
    let good = try proof()
    let second = String(HooksSample.second)
    let number = good.replacing("\"\(second)\"", with: second)
    #expect(await outcome(body(number, event("opened"))) == .nothing)
  }

  @Test(arguments: [
    (86_400, 0, true), (86_400, 1, false), (-300, 0, true), (-300, -1, false),
  ])
  func `counts for 24 hours, and from five minutes before`(
    seconds: Int64, microseconds: Int64, isFresh: Bool
  ) async throws {
    let now = HooksSample.clock(seconds, microseconds: microseconds)
    let outcome = await outcome(body(try proof(), event("opened")), at: now)
    #expect(outcome == (isFresh ? .nothing : .unauthenticated))
  }

  @Test func `has any of the keys of its file`() async throws {
    let both = try MailgunHook(file: "# keys\nother\r\n\(Self.key)\r\n", addresses: Sample.policy)
    let call = HooksSample.call(body(try proof(), event("opened")))
    #expect(await HooksOutcome.of(both, call) == .nothing)
    let neither = try MailgunHook(file: "other\nanother", addresses: Sample.policy)
    #expect(await HooksOutcome.of(neither, call) == .unauthenticated)
  }

  @Test func `cannot be without a key`() {
    for (file, problem) in [
      ("", HookProblem.empty), ("#\n \r\n", .empty), ("key\nse cret", .signingKey(line: 2)),
      ("s\u{e9}cret", .signingKey(line: 1)),
    ] {
      #expect(throws: problem) { try MailgunHook(file: file, addresses: Sample.policy) }
      #expect(!problem.description.contains("cret"))
    }
  }
}
