/// The kinds of transport that this version has.
enum TransportScheme: String {
  case smtp, smtps

  /// RFC 6409 §3.1 and RFC 8314 §3.3.
  var port: UInt16 { self == .smtp ? 587 : 465 }
}

/// A transport URL, RFC 3986 §3, taken apart. No message quotes the text: an unescaped `?` or `#`
/// in a password would put a part of it anywhere.
struct TransportURLParts {
  private static let planned = [
    "sendgrid", "ses", "mailgun", "postmark", "resend", "webhook+https",
  ]

  let scheme: TransportScheme
  let authority: ArraySlice<UInt8>
  /// Without its `?`.
  let query: ArraySlice<UInt8>?

  init(_ text: String) throws(MailingError) {
    let bytes = Array(text.utf8)
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .transportURL(
        problem: "spaces, control and non-ASCII characters must be written as %XX")
    }
    guard let end = bytes[...].firstRange(of: "://") else { throw Self.unknownScheme }
    scheme = try Self.scheme(String(decoding: bytes[..<end], as: UTF8.self).lowercased())
    let rest = bytes[(end + 3)...]
    guard !rest.contains(UInt8(ascii: "#")) else {
      throw .transportURL(problem: "# is not allowed; in a password it is written as %23")
    }
    let query = rest.firstIndex(of: UInt8(ascii: "?"))
    let place = rest[..<(query ?? rest.endIndex)]
    authority = place.last == UInt8(ascii: "/") ? place.dropLast() : place
    guard !authority.contains(UInt8(ascii: "/")) else {
      throw .transportURL(problem: "a path is not allowed; in a password / is written as %2F")
    }
    self.query = query.map { rest[($0 + 1)...] }
  }

  private static func scheme(_ name: String) throws(MailingError) -> TransportScheme {
    if let scheme = TransportScheme(rawValue: name) { return scheme }
    if planned.contains(name) {
      throw .transportURL(problem: "\(name):// is not supported by this version")
    }
    throw unknownScheme
  }

  private static let unknownScheme = MailingError.transportURL(
    problem: "it must begin with smtp:// or smtps://")
}

/// Percent-decoding, RFC 3986 §2.1, that takes no second spelling for an error.
enum PercentDecoding {
  /// Nil for a broken escape, bytes that are not UTF-8, or a control character.
  static func decode(_ bytes: ArraySlice<UInt8>) -> String? {
    var decoded: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
      else { return nil }
      decoded.append(high << 4 | low)
    }
    guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
    return String(validating: decoded, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
