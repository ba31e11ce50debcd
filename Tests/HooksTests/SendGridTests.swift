import Formats
import Hooks
import PasswordReset
import Support
import Testing

@Suite struct `SendGrid's hook` {
  private static let signer = Result { try HooksSigner(.p256) }
  private static let timestamp = String(HooksSample.second)

  private let signer: HooksSigner
  private let hook: SendGridHook

  init() throws {
    signer = try Self.signer.get()
    hook = try SendGridHook(
      file: Base64.encode(signer.publicKey) + "\n", addresses: Sample.policy)
  }

  private func headers(
    _ body: String, timestamp: String = Self.timestamp
  ) throws -> [(name: String, value: String)] {
    let signature = try signer.sign(Array((timestamp + body).utf8))
    return [
      ("x-twilio-email-event-webhook-signature", Base64.encode(signature)),
      ("x-twilio-email-event-webhook-timestamp", timestamp),
    ]
  }

  private func outcome(_ body: String, at now: Timestamp = Sample.moment) async throws
    -> HooksOutcome
  {
    await HooksOutcome.of(hook, HooksSample.call(body, try headers(body), at: now))
  }

  private func event(_ event: String, _ more: String = "") -> String {
    """
    {"email":"ada@example.org","timestamp":1795253390,"smtp-id":"<x@y>","event":"\(event)",\
    "category":["reset"],"sg_event_id":"e-1","rekey_request":"\(HooksSample.request)"\(more)}
    """
  }

  @Test func `reads a batch as SendGrid writes it`() async throws {
    let batch =
      "[\r\n" + event("bounce", ",\"type\":\"bounce\",\"status\":\"5.1.1\"") + ",\r\n"
      + event("spamreport") + "]\r\n"
    let reports = [
      try ProviderReport.sample(.bounce, id: "e-1"), try .sample(.complaint, id: "e-1"),
    ]
    #expect(try await outcome(batch) == .taken(reports))
  }

  @Test(arguments: [
    ("bounce", ",\"type\":\"bounce\"", true), ("bounce", "", true),
    ("bounce", ",\"type\":\"blocked\"", false), ("bounce", ",\"type\":\"expired\"", false),
    ("bounce", ",\"type\":7", false), ("dropped", ",\"reason\":\"Bounced Address\"", true),
    ("dropped", ",\"reason\":\"Invalid\"", true),
    ("dropped", ",\"reason\":\"Spam Reporting Address\"", true),
    ("dropped", ",\"reason\":\"Invalid SMTPAPI header\"", false),
    ("dropped", ",\"reason\":\"Unsubscribed Address\"", false), ("dropped", "", false),
    ("processed", "", false), ("delivered", "", false), ("deferred", "", false),
    ("open", "", false), ("unheard_of", "", false),
  ])
  func `takes as a bounce what says that the address is at fault`(
    name: String, more: String, isBounce: Bool
  ) async throws {
    let expected = isBounce ? [try ProviderReport.sample(.bounce, id: "e-1")] : []
    #expect(try await outcome("[\(event(name, more))]") == .taken(expected))
  }

  @Test(arguments: [
    #"{"event":"spamreport"}"#, #"{"event":"spamreport","email":"not an address"}"#,
    #"{"event":"spamreport","email":7}"#, #"{"email":"ada@example.org"}"#, "7", "null", "[]",
  ])
  func `leaves out an event without an address, and reads the others`(odd: String) async throws {
    let expected = [try ProviderReport.sample(.complaint, id: "e-1")]
    #expect(try await outcome("[\(odd),\(event("spamreport"))]") == .taken(expected))
  }

  @Test(arguments: [
    "\\u0000", "\\uD800", "\\uDC00x", "\\uFFFF", "\\ud83f\\udfff", "\u{ffff}", "\u{1fffe}",
    "\\uD800\\u0041",
  ])
  func `is not kept from a batch by what a mail server said`(text: String) async throws {
    let odd = "{\"event\":\"deferred\",\"response\":\"550 \(text)\"}"
    let expected = [try ProviderReport.sample(.complaint, id: "e-1")]
    #expect(try await outcome("[\(odd),\(event("spamreport"))]") == .taken(expected))
  }

  @Test func `reads bytes that are not UTF-8 as what stands around them`() async throws {
    var body = Array("[{\"event\":\"deferred\",\"response\":\"".utf8) + [0xff, 0xc3]
    body += Array("\"},\(event("spamreport"))]".utf8)
    let signature = try signer.sign(Array(Self.timestamp.utf8) + body)
    let call = HookCall(
      headers: HookHeaders([
        ("x-twilio-email-event-webhook-signature", Base64.encode(signature)),
        ("x-twilio-email-event-webhook-timestamp", Self.timestamp),
      ]), body: body, now: Sample.moment)
    let expected = [try ProviderReport.sample(.complaint, id: "e-1")]
    #expect(await HooksOutcome.of(hook, call) == .taken(expected))
  }

  @Test(arguments: ["", "{", "{}", "7", "[1,]", "[{\"a\":\"\\\"}]", "\u{0}[]"])
  func `says of a signed body that is no batch that it cannot be read`(body: String) async throws {
    #expect(try await outcome(body) == .refused(.unreadable))
  }

  @Test func `accepts no other body, timestamp or signature`() async throws {
    let body = "[\(event("spamreport"))]"
    let good = try headers(body)
    #expect(await HooksOutcome.of(hook, HooksSample.call(body, good)) != .unauthenticated)
    let later = (good[1].name, String(HooksSample.second + 1))
    let other = try headers(body + " ")[0]
    let changed: [(String, [(name: String, value: String)])] = [
      (body + " ", good), (String(body.dropLast()), good), (body, [good[0], later]),
      (body, [other, good[1]]), (body, [good[0]]), (body, [good[1]]), (body, []),
      (body, good + [good[0]]), (body, good + [good[1]]),
      (body, [(good[0].name, ""), good[1]]), (body, [(good[0].name, "AAAA"), good[1]]),
      (body, [(good[0].name, good[0].value + "\n"), good[1]]),
    ]
    for (body, headers) in changed {
      #expect(await HooksOutcome.of(hook, HooksSample.call(body, headers)) == .unauthenticated)
    }
  }

  @Test(arguments: ["+1795253400", "01795253400x", "", "1795253400.0", "99999999999999999999"])
  func `reads no other timestamp than decimal digits`(timestamp: String) async throws {
    let call = HooksSample.call("[]", try headers("[]", timestamp: timestamp))
    #expect(await HooksOutcome.of(hook, call) == .unauthenticated)
  }

  @Test(arguments: [
    (86_400, 0, true), (86_400, 1, false), (-300, 0, true), (-300, -1, false),
    (Int64(1) << 40, 0, false),
  ])
  func `counts for 24 hours, and from five minutes before`(
    seconds: Int64, microseconds: Int64, isFresh: Bool
  ) async throws {
    let now = HooksSample.clock(seconds, microseconds: microseconds)
    #expect(try await outcome("[]", at: now) == (isFresh ? .nothing : .unauthenticated))
    let admits = (try? hook.admit(HookHeaders(try headers("[]")), at: now)) != nil
    #expect(admits == isFresh)
  }

  @Test func `names a call by what was signed, and an event by its id`() async throws {
    let body = "[\(event("spamreport"))]"
    let call = HooksSample.call(body, try headers(body))
    // ECDSA takes a random number, so these are two signatures.
    let again = HooksSample.call(body, try headers(body))
    let later = HooksSample.call(
      body, try headers(body, timestamp: String(HooksSample.second + 1)))
    let id = try hook.delivery(call).id
    #expect(try hook.delivery(again).id == id)
    #expect(try hook.delivery(later).id != id)
  }

  @Test func `has any of the keys of its file, in base64 or PEM`() async throws {
    let other = try HooksSigner(.p256)
    let files = [
      "# now\n\(Base64.encode(other.publicKey))\r\n\n  \(Base64.encode(signer.publicKey))\t\n",
      HooksSample.pem("PUBLIC KEY", other.publicKey)
        + HooksSample.pem("PUBLIC KEY", signer.publicKey),
      "A note.\r\n" + HooksSample.pem("PUBLIC KEY", signer.publicKey),
    ]
    let call = HooksSample.call("[]", try headers("[]"))
    for file in files {
      let hook = try SendGridHook(file: file, addresses: Sample.policy)
      #expect(await HooksOutcome.of(hook, call) == .nothing)
    }
    let stranger = try SendGridHook(
      file: Base64.encode(other.publicKey), addresses: Sample.policy)
    #expect(await HooksOutcome.of(stranger, call) == .unauthenticated)
  }

  @Test func `cannot be without a key`() throws {
    let rsa = try HooksSigner(.rsa).publicKey
    let files: [(String, HookProblem)] = [
      ("", .empty), ("# key\n \n", .empty), ("secret", .publicKey(number: 1)),
      ("#\n\(Base64.encode(rsa))", .publicKey(number: 2)),
      (HooksSample.pem("PUBLIC KEY", rsa), .publicKey(number: 1)),
      (HooksSample.pem("PRIVATE KEY", signer.publicKey), .publicKey(number: 1)),
      (String(HooksSample.pem("PUBLIC KEY", signer.publicKey).dropLast(5)), .publicKey(number: 1)),
    ]
    for (file, problem) in files {
      #expect(throws: problem) { try SendGridHook(file: file, addresses: Sample.policy) }
      #expect(!problem.description.contains("secret"))
    }
  }
}
