import Formats
import Hooks
import PasswordReset
import Support
import Testing

@Suite struct `Postmark's hook` {
  private let hook: PostmarkHook

  init() throws {
    hook = try PostmarkHook(file: "# both\nold:word\npm:pass:word\n", addresses: Sample.policy)
  }

  private func basic(_ credentials: String) -> [(name: String, value: String)] {
    [("authorization", "Basic \(Base64.encode(Array(credentials.utf8)))")]
  }

  private func outcome(_ body: String) async -> HooksOutcome {
    await HooksOutcome.of(hook, HooksSample.call(body, basic("pm:pass:word")))
  }

  private func record(_ record: String, _ type: String = "", id: String = "42") -> String {
    """
    {"RecordType":"\(record)","ID":\(id),"Type":"\(type)","TypeCode":1,"Email":"ada@example.org",\
    "MessageID":"m-1","Metadata":{"rekey_request":"\(HooksSample.request)"},"Inactive":true}
    """
  }

  @Test(arguments: [
    ("HardBounce", true), ("BadEmailAddress", true), ("ManuallyDeactivated", true),
    ("SoftBounce", false), ("Transient", false), ("Blocked", false), ("DnsError", false),
    ("SpamNotification", false), ("Unknown", false), ("", false),
  ])
  func `takes the bounces after which Postmark sends nothing more`(
    type: String, isBounce: Bool
  ) async throws {
    let expected = isBounce ? [try ProviderReport.sample(.bounce, id: "Bounce 42")] : []
    #expect(await outcome(record("Bounce", type)) == .taken(expected))
  }

  @Test func `takes complaints, in both forms`() async throws {
    let complaint = try ProviderReport.sample(.complaint, id: "SpamComplaint 42")
    #expect(await outcome(record("SpamComplaint", "SpamComplaint")) == .taken([complaint]))
    let bounce = try ProviderReport.sample(.complaint, id: "Bounce 42")
    #expect(await outcome(record("Bounce", "SpamComplaint")) == .taken([bounce]))
  }

  @Test(arguments: ["Open", "Delivery", "Click", "SubscriptionChange", "UnheardOf"])
  func `has no use for other records`(name: String) async {
    #expect(await outcome(record(name)) == .nothing)
  }

  @Test(arguments: ["{}", #"{"RecordType":"SpamComplaint","ID":1,"Email":"nobody"}"#])
  func `leaves out a record without an address`(body: String) async {
    #expect(await outcome(body) == .nothing)
  }

  @Test(arguments: ["", "{", "[]", "7"])
  func `says of a body that is no record that it cannot be read`(body: String) async {
    #expect(await outcome(body) == .refused(.unreadable))
  }

  @Test func `lets in any line of its file, and nobody else`() async throws {
    for credentials in ["old:word", "pm:pass:word"] {
      #expect(throws: Never.self) {
        try hook.admit(HookHeaders(basic(credentials)), at: Sample.moment)
      }
    }
    let good = basic("old:word")
    let others: [[(name: String, value: String)]] = [
      [], basic(""), basic("old:"), basic("old:wor"), basic("old:word "), basic("OLD:word"),
      basic("pm:pass"), basic("# both"), basic("old:word\npm:pass:word"), good + good,
      [("authorization", "Bearer b2xkOndvcmQ=")], [("authorization", "Basic b2xkOndvcmQ")],
      [("authorization", "Basic")], [("authorization", "old:word")],
      [("x-authorization", good[0].value)],
    ]
    for headers in others {
      #expect(throws: HookRefusal.unauthenticated) {
        try hook.admit(HookHeaders(headers), at: Sample.moment)
      }
      let call = HooksSample.call(record("Open"), headers)
      #expect(await HooksOutcome.of(hook, call) == .unauthenticated)
    }
    #expect(throws: Never.self) {
      try hook.admit(HookHeaders([("authorization", "bAsIc b2xkOndvcmQ=")]), at: Sample.moment)
    }
  }

  @Test func `names a call by its record, or by its bytes where that has no number`() throws {
    let id = { (body: String) throws in
      try hook.delivery(HooksSample.call(body, basic("old:word"))).id
    }
    let bounce = record("Bounce", "HardBounce")
    #expect(try id(bounce) == id(bounce + " "))
    let others = [
      bounce, record("SpamComplaint", "SpamComplaint"), record("Bounce", "HardBounce", id: "43"),
      bounce.replacing("m-1", with: "m-2"), record("Bounce", id: "9223372036854775808"),
      record("Bounce", id: "9223372036854775809"), "{\"RecordType\":\"Open\",\"a\":1}",
      "{\"RecordType\":\"Open\",\"a\":2}",
    ]
    #expect(Set(try others.map(id)).count == others.count)
  }

  @Test func `cannot be without a user and a password`() {
    for (file, problem) in [
      ("", HookProblem.empty), ("#\n\r\n", .empty), ("secret", .credentials(line: 1)),
      ("a:b\nsecret:", .credentials(line: 2)), (":secret", .credentials(line: 1)),
    ] {
      #expect(throws: problem) { try PostmarkHook(file: file, addresses: Sample.policy) }
      #expect(!problem.description.contains("secret"))
    }
  }
}
