internal import Cryptography
internal import Formats
internal import PasswordReset

/// One message of Amazon SNS as it comes by HTTP, before anything of it is believed.
struct SNSMessage {
  enum Kind {
    case notification
    /// The topic's owner has named this service; the URL confirms that.
    case subscription(confirmation: String)
    case unsubscription
  }

  let kind: Kind
  let id: String
  let topic: String
  let text: String
  let moment: Timestamp
  /// What the signature is over.
  let signed: [UInt8]
  let signature: [UInt8]
  let digest: RSACertificate.Digest
  let certificateURL: String

  /// Nil unless everything is there that the signature needs.
  init?(_ object: JSONObject) {
    guard let type = object["Type"]?.string, let kind = Self.kind(type, object),
      let id = object["MessageId"]?.string, (1...256).contains(id.utf8.count),
      id.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
      let topic = object["TopicArn"]?.string, let text = object["Message"]?.string,
      let moment = object["Timestamp"]?.string.flatMap({ Timestamp(internet: $0) }),
      let signed = Self.signed(kind, object),
      let signature = object["Signature"]?.string.flatMap(Base64.decode),
      let digest = Self.digest(object.literal("SignatureVersion"))
    else { return nil }
    (self.kind, self.id, self.topic, self.text) = (kind, id, topic, text)
    (self.moment, self.signed, self.signature) = (moment, signed, signature)
    self.digest = digest
    certificateURL = object["SigningCertURL"]?.string ?? ""
  }

  private static func kind(_ type: String, _ object: JSONObject) -> Kind? {
    switch type {
    case "Notification": return .notification
    case "SubscriptionConfirmation":
      return object["SubscribeURL"]?.string.map { .subscription(confirmation: $0) }
    case "UnsubscribeConfirmation": return .unsubscription
    default: return nil
    }
  }

  private static func digest(_ version: String?) -> RSACertificate.Digest? {
    switch version {
    case "1"?: .sha1
    case "2"?: .sha256
    default: nil
    }
  }

  /// Names and values of some members, each with a line end, sorted by name. Topic and type come
  /// last, and neither may have a line end, so no other message reads the same for a topic of ours.
  private static func signed(_ kind: Kind, _ object: JSONObject) -> [UInt8]? {
    let names =
      switch kind {
      case .notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      case .subscription, .unsubscription:
        ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
      }
    var text: [UInt8] = []
    for name in names {
      if name == "Subject", object[name]?.isNull ?? true { continue }
      guard let value = object[name]?.string else { return nil }
      text += Array("\(name)\n\(value)\n".utf8)
    }
    return text
  }
}

extension Timestamp {
  /// Reads `2026-11-21T09:30:00.123Z` (RFC 3339 in UTC; the fraction may be absent or have up to
  /// six digits) from 1970 on.
  init?(internet text: String) {
    let bytes = Array(text.utf8)
    let pattern = Array("dddd-dd-ddTdd:dd:dd".utf8)
    guard bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z"),
      zip(bytes, pattern).allSatisfy({ byte, sign in
        sign == UInt8(ascii: "d") ? byte.isASCIIDigit : byte == sign
      })
    else { return nil }
    let number = { (range: Range<Int>) in bytes[range].reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
    }
    let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
    let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
    guard let fraction = Self.microseconds(bytes[pattern.count..<(bytes.count - 1)]),
      let date = CivilDate(year: year, month: month, day: day), date.daysSinceEpoch >= 0,
      hour < 24, minute < 60, second < 60
    else { return nil }
    let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
    self.init(microseconds: seconds * 1_000_000 + fraction)
  }

  private static func microseconds(_ text: ArraySlice<UInt8>) -> Int64? {
    guard let point = text.first else { return 0 }
    let digits = text.dropFirst()
    guard point == UInt8(ascii: "."), (1...6).contains(digits.count),
      digits.allSatisfy(\.isASCIIDigit)
    else { return nil }
    let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
    return (digits.count..<6).reduce(value) { value, _ in value * 10 }
  }
}
