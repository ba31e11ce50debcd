internal import Cryptography
internal import Formats
public import PasswordReset

/// Mailgun's webhooks: one event a call. Mailgun signs only a timestamp and a token, not the event,
/// so what keeps an event from being forged under a signature that was seen is that a token counts
/// once.
public struct MailgunHook: ProviderHook {
  public static let name = "mailgun"
  public static let challenge = "Signature"

  private let keys: [Secret]
  private let addresses: EmailAddress.Policy

  /// - Parameter file: HTTP webhook signing keys, one a line; any of them counts. Empty lines and
  ///   `#` comments are skipped.
  public init(file: String, addresses: EmailAddress.Policy) throws(HookProblem) {
    self.addresses = addresses
    var keys: [Secret] = []
    for (number, line) in file.entryLines {
      let key = line.trimmedBytes
      guard !key.isEmpty else { continue }
      guard key.allSatisfy(\.isVisibleASCII) else { throw .signingKey(line: number) }
      keys.append(Secret(key))
    }
    guard !keys.isEmpty else { throw .empty }
    self.keys = keys
  }

  public func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal) {}

  public func delivery(_ call: HookCall) throws(HookRefusal) -> ProviderDelivery {
    guard let object = ProviderJSON.parse(call.body)?.object,
      let proof = object["signature"]?.object, let timestamp = proof.literal("timestamp"),
      let moment = Timestamp(seconds: timestamp), moment.isFresh(at: call.now),
      let token = proof["token"]?.string, Self.isToken(token),
      let signature = proof["signature"]?.string.flatMap({ Hex.decode($0) }),
      try isSigned(Array((timestamp + token).utf8), signature)
    else { throw .unauthenticated }
    guard let event = object["event-data"]?.object else { throw .unreadable }
    let report = report(event, token)
    return ProviderDelivery(
      provider: Self.name, id: Array(token.utf8), reports: report.map { [$0] } ?? [])
  }

  /// Where the timestamp ends and the token begins is not signed, but a digit more or less makes
  /// the timestamp ten times as late or as early.
  private static func isToken(_ text: String) -> Bool {
    (1...256).contains(text.utf8.count) && text.utf8.allSatisfy(\.isVisibleASCII)
  }

  private func isSigned(_ message: [UInt8], _ signature: [UInt8]) throws(HookRefusal) -> Bool {
    do throws(CryptographyError) {
      for key in keys {
        let code = try HMACSHA256.code(for: message, key: key)
        if ConstantTime.equal(code, signature) { return true }
      }
      return false
    } catch { throw .unavailable }
  }
}

extension MailgunHook {
  /// Others, such as `generic` and `old`, are about the message or about time.
  private static let addressFaults: Set = [
    "bounce", "hardfail", "suppress-bounce", "suppress-complaint",
  ]

  private func report(_ event: JSONObject, _ token: String) -> ProviderReport? {
    guard let kind = kind(event), let address = event.address("recipient", addresses) else {
      return nil
    }
    let name = event["event"]?.string ?? ""
    // Mailgun's ids are unique within a day only.
    let id = event["id"]?.string.map { "\($0) \(event.literal("timestamp") ?? "")" } ?? token
    return ProviderReport(
      kind: kind, address: address, requestID: event["user-variables"]?.object?.request(),
      id: "\(name) \(id)")
  }

  private func kind(_ event: JSONObject) -> ProviderReport.Kind? {
    switch event["event"]?.string {
    case "failed"?
    where event.has("severity", in: ["permanent"])
      && (event["reason"] == nil || event.has("reason", in: Self.addressFaults)):
      .bounce
    case "complained"?: .complaint
    default: nil
    }
  }
}
