internal import Cryptography
internal import Formats
public import PasswordReset

/// Postmark's webhooks: one record a call. Postmark signs nothing and dates nothing; it gives the
/// name and password that stand in the webhook's URL, as Basic authentication (RFC 7617).
public struct PostmarkHook: ProviderHook {
  public static let name = "postmark"
  public static let challenge = "Basic realm=\"hooks\""

  /// SHA-256 of each `user:password`.
  private let credentials: [[UInt8]]
  private let addresses: EmailAddress.Policy

  /// - Parameter file: `user:password`, one a line; any of them counts. Empty lines and `#`
  ///   comments are skipped.
  public init(file: String, addresses: EmailAddress.Policy) throws(HookProblem) {
    self.addresses = addresses
    var credentials: [[UInt8]] = []
    for (number, line) in file.entryLines {
      let text = line.trimmedBytes
      guard !text.isEmpty else { continue }
      guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0, colon + 1 < text.count
      else { throw .credentials(line: number) }
      credentials.append(SHA256.hash(text))
    }
    guard !credentials.isEmpty else { throw .empty }
    self.credentials = credentials
  }

  public func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal) {
    let scheme = Array("basic ".utf8)
    guard let value = headers.only("authorization").map({ Array($0.utf8) }),
      value.prefix(scheme.count).map(\.asciiLowercased) == scheme,
      let given = Base64.decode(String(decoding: value.dropFirst(scheme.count), as: UTF8.self))
    else { throw .unauthenticated }
    let hash = SHA256.hash(given)
    // Every line is compared, so that the time does not tell which one it was.
    guard credentials.reduce(false, { ConstantTime.equal($1, hash) || $0 }) else {
      throw .unauthenticated
    }
  }

  public func delivery(_ call: HookCall) throws(HookRefusal) -> ProviderDelivery {
    try admit(call.headers, at: call.now)
    guard let record = ProviderJSON.parse(call.body)?.object else { throw .unreadable }
    let report = report(record)
    return ProviderDelivery(
      provider: Self.name, id: id(of: record, call.body), reports: report.map { [$0] } ?? [])
  }

  /// Bounces and complaints have a number; of others the same bytes are the same call.
  private func id(of record: JSONObject, _ body: [UInt8]) -> [UInt8] {
    guard let type = record["RecordType"]?.string, let number = record.literal("ID") else {
      return SHA256.hash(body)
    }
    var id: [UInt8] = []
    for part in [type, number, record["MessageID"]?.string ?? ""] {
      id.append(lengthPrefixed: Array(part.utf8))
    }
    return id
  }
}

extension PostmarkHook {
  /// Of the bounces, those after which Postmark itself sends nothing more to the address.
  private static let addressFaults: Set = [
    "hardbounce", "bademailaddress", "manuallydeactivated",
  ]

  private func report(_ record: JSONObject) -> ProviderReport? {
    guard let kind = kind(record), let address = record.address("Email", addresses),
      let number = record.literal("ID")
    else { return nil }
    return ProviderReport(
      kind: kind, address: address, requestID: record["Metadata"]?.object?.request(),
      id: "\(record["RecordType"]?.string ?? "") \(number)")
  }

  private func kind(_ record: JSONObject) -> ProviderReport.Kind? {
    switch record["RecordType"]?.string {
    case "SpamComplaint"?: .complaint
    case "Bounce"? where record.has("Type", in: ["spamcomplaint"]): .complaint
    case "Bounce"? where record.has("Type", in: Self.addressFaults): .bounce
    default: nil
    }
  }
}
