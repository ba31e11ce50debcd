internal import Cryptography
internal import Formats
public import PasswordReset

/// Twilio SendGrid's Event Webhook: a batch of events, signed with ECDSA over timestamp and body.
public struct SendGridHook: ProviderHook {
  public static let name = "sendgrid"
  public static let challenge = "Signature"

  private let keys: [ECDSAP256Key]
  private let addresses: EmailAddress.Policy

  /// - Parameter file: the verification key as SendGrid shows it, base64 of a DER public key, one a
  ///   line; or PEM blocks. Any of them counts, so that keys can be exchanged.
  public init(file: String, addresses: EmailAddress.Policy) throws(HookProblem) {
    self.addresses = addresses
    let encoded = Self.encodedKeys(in: file)
    guard !encoded.isEmpty else { throw .empty }
    var keys: [ECDSAP256Key] = []
    for (number, bytes) in encoded {
      guard let bytes, let key = try? ECDSAP256Key(der: bytes) else {
        throw .publicKey(number: number)
      }
      keys.append(key)
    }
    self.keys = keys
  }

  private static func encodedKeys(in file: String) -> [(number: Int, bytes: [UInt8]?)] {
    if PEM.isMentioned(in: file) {
      guard let blocks = PEM.blocks("PUBLIC KEY", in: file), !blocks.isEmpty else {
        return [(1, nil)]
      }
      return blocks.enumerated().map { ($0.offset + 1, $0.element) }
    }
    return file.entryLines.compactMap { number, line in
      let text = line.trimmedBytes
      return text.isEmpty
        ? nil : (number, Base64.decode(String(decoding: text, as: UTF8.self)))
    }
  }

  private struct Proof {
    let timestamp: String
    let signature: [UInt8]
  }

  private func proof(_ headers: HookHeaders, _ now: Timestamp) throws(HookRefusal) -> Proof {
    let prefix = "x-twilio-email-event-webhook-"
    guard let timestamp = headers.only(prefix + "timestamp"),
      let moment = Timestamp(seconds: timestamp), moment.isFresh(at: now),
      let signature = headers.only(prefix + "signature").flatMap(Base64.decode)
    else { throw .unauthenticated }
    return Proof(timestamp: timestamp, signature: signature)
  }

  public func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal) {
    _ = try proof(headers, now)
  }

  public func delivery(_ call: HookCall) throws(HookRefusal) -> ProviderDelivery {
    let proof = try proof(call.headers, call.now)
    let signed = Array(proof.timestamp.utf8) + call.body
    guard try isSigned(signed, proof.signature) else { throw .unauthenticated }
    guard let events = ProviderJSON.parse(call.body)?.array else { throw .unreadable }
    // Not the signature: ECDSA has two for everything.
    return ProviderDelivery(
      provider: Self.name, id: SHA256.hash(signed),
      reports: events.compactMap { $0.object.flatMap(report) })
  }

  private func isSigned(_ message: [UInt8], _ signature: [UInt8]) throws(HookRefusal) -> Bool {
    do throws(CryptographyError) {
      for key in keys where try key.accepts(signature, for: message) { return true }
      return false
    } catch { throw .unavailable }
  }
}

extension SendGridHook {
  /// Why SendGrid did not even try; `Invalid SMTPAPI header` and the like are not the address's
  /// fault.
  private static let addressFaults: Set = ["bounced address", "invalid", "spam reporting address"]

  private func report(_ event: JSONObject) -> ProviderReport? {
    guard let kind = kind(event), let address = event.address("email", addresses) else {
      return nil
    }
    let id =
      event["sg_event_id"]?.string
      ?? Hex.encode(SHA256.hash(JSON.object(event).serializedBytes()))
    return ProviderReport(kind: kind, address: address, requestID: event.request(), id: id)
  }

  private func kind(_ event: JSONObject) -> ProviderReport.Kind? {
    switch event["event"]?.string {
    // `blocked` and `expired` say nothing about the address.
    case "bounce"? where event["type"] == nil || event.has("type", in: ["bounce"]): .bounce
    case "dropped"? where event.has("reason", in: Self.addressFaults): .bounce
    case "spamreport"?: .complaint
    default: nil
    }
  }
}
