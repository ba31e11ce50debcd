internal import Transfer

/// `[user:password@]host[:port]`.
struct TransportHost {
  let credentials: SMTPCredentials?
  /// A name, an IPv4 address, or an IPv6 address without its brackets.
  let name: String
  let port: UInt16?

  init(_ authority: ArraySlice<UInt8>) throws(MailingError) {
    let parts = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count <= 2, let place = parts.last else {
      throw .transportURL(problem: "@ in a user or password is written as %40")
    }
    credentials = try parts.count == 2 ? Self.credentials(parts[0]) : nil
    (name, port) = try Self.place(place)
  }

  private static func credentials(
    _ login: ArraySlice<UInt8>
  ) throws(MailingError) -> SMTPCredentials {
    let parts = login.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .transportURL(problem: "before the @ stands user:password")
    }
    guard let user = PercentDecoding.decode(parts[0]),
      let password = PercentDecoding.decode(parts[1])
    else {
      throw .transportURL(
        problem: "the user or password has a % that is not followed by the two "
          + "hexadecimal digits of a character; % itself is written as %25")
    }
    return SMTPCredentials(username: user, password: password)
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

  /// RFC 6761 §6.3, RFC 1122 §3.2.1.3 and RFC 4291 §2.5.3. Names that merely begin like an address
  /// are not it.
  var isLoopback: Bool {
    if name.lowercased() == "localhost" || name == "::1" { return true }
    let numbers = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0].elementsEqual("127".utf8)
      && numbers.allSatisfy { number in
        number.allSatisfy { (0x30...0x39).contains($0) } && UInt8(String(number) ?? "") != nil
      }
  }
}
