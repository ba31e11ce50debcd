internal import Formats
internal import PasswordReset

/// `[user[:password]@][host[:port]]`, RFC 3986 §3.2.
struct TransportAuthority {
  let user: String?
  let password: String?
  /// A name, an IPv4 address, or an IPv6 address without its brackets.
  let host: String?
  let port: UInt16?

  init(_ authority: ArraySlice<UInt8>) throws(MailingError) {
    let parts = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count <= 2, let place = parts.last else {
      throw .transportURL(problem: "@ in a user, password or key is written as %40")
    }
    if parts.count == 2 {
      (user, password) = try Self.login(parts[0])
    } else {
      (user, password) = (nil, nil)
    }
    if place.isEmpty {
      (host, port) = (nil, nil)
    } else {
      (host, port) = try Self.place(place)
    }
  }

  private static func login(
    _ login: ArraySlice<UInt8>
  ) throws(MailingError) -> (user: String, password: String?) {
    let parts = login.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty }) else {
      throw .transportURL(problem: "before the @ stands nothing, or nothing beside the colon")
    }
    let texts = parts.map(PercentEncoding.decode)
    guard let user = texts[0], let password = texts.last, texts.count == 1 || password != nil
    else {
      throw .transportURL(
        problem: "the user, password or key has a % that is not followed by the two "
          + "hexadecimal digits of a character; % itself is written as %25")
    }
    return (user, texts.count == 2 ? password : nil)
  }

  private static func place(
    _ place: ArraySlice<UInt8>
  ) throws(MailingError) -> (name: String, port: UInt16?) {
    let isBracketed = place.first == UInt8(ascii: "[")
    let end =
      isBracketed
      ? place.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 }
      : place.firstIndex(of: UInt8(ascii: ":")) ?? place.endIndex
    guard let end else { throw .transportURL(problem: "the host's [ has no ]") }
    let host = isBracketed ? place[(place.startIndex + 1)..<(end - 1)] : place[..<end]
    guard isBracketed ? isIPv6(host) : isName(host) else {
      throw .transportURL(problem: "the host is no name or address")
    }
    let name = String(decoding: host, as: UTF8.self)
    guard end < place.endIndex else { return (name, nil) }
    return (name, try port(place[end...]))
  }

  private static func port(_ text: ArraySlice<UInt8>) throws(MailingError) -> UInt16 {
    let digits = text.dropFirst()
    guard text.first == UInt8(ascii: ":"), (1...5).contains(digits.count),
      digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
    else { throw .transportURL(problem: "the port is a number from 1 to 65535") }
    return port
  }

  private static func isName(_ host: ArraySlice<UInt8>) -> Bool {
    (1...253).contains(host.count)
      && host.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || "-._".utf8.contains($0)
      }
  }

  private static func isIPv6(_ host: ArraySlice<UInt8>) -> Bool {
    (2...45).contains(host.count) && host.contains(UInt8(ascii: ":"))
      && host.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) || ".:".utf8.contains($0)
      }
  }
}
