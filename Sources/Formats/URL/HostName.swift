/// The host of a URL or listener: a name, an IPv4 address, or an IPv6 address.
public struct HostName: Sendable, Hashable {
  /// As it was written; an IPv6 address without its brackets.
  public let text: String
  private let address: IPAddress?

  /// - Parameter text: an IPv6 address without brackets.
  public init?(_ text: some StringProtocol) {
    address = IPAddress(text)
    guard address != nil || Self.isName(text) else { return nil }
    self.text = String(text)
  }

  public var isIPv6: Bool { address?.isIPv4 == false }

  /// As it stands in a URL: an IPv6 address in brackets.
  public var bracketed: String { isIPv6 ? "[\(text)]" : text }

  /// Whether it is reached without leaving this machine: `localhost` and the names below it
  /// (RFC 6761 §6.3; libcurl and browsers resolve these without asking anybody), 127.0.0.0/8, or
  /// `::1`. Names that merely begin or end like one are not.
  public var isThisMachine: Bool {
    if let address { return address.isLoopback }
    let name = text.asciiLowercased
    return name == "localhost" || name.hasSuffix(".localhost")
  }

  /// RFC 1123 §2.1, and underscores, which internal names have: labels of 1 to 63 octets that do
  /// not begin or end with a hyphen, 253 octets in all.
  private static func isName(_ text: some StringProtocol) -> Bool {
    let hyphen = UInt8(ascii: "-")
    return text.utf8.count <= 253
      && Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .allSatisfy { label in
          (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy {
              $0.isASCIIAlphanumeric || $0 == hyphen || $0 == UInt8(ascii: "_")
            }
        }
  }
}

/// `host:port` or `[v6]:port`.
public struct HostPort: Sendable, Hashable {
  public let host: HostName
  /// 0 is any free one where something listens.
  public let port: UInt16?

  /// - Parameter portRequired: whether a host alone is refused.
  public init?(_ text: some StringProtocol, portRequired: Bool = true) {
    var rest = Array(text.utf8)[...]
    if rest.first == UInt8(ascii: "[") {
      guard let close = rest.firstIndex(of: UInt8(ascii: "]")),
        let host = HostName(String(decoding: rest[..<close].dropFirst(), as: UTF8.self)),
        host.isIPv6
      else { return nil }
      self.host = host
      rest = rest[(close + 1)...]
    } else {
      let name = rest.prefix { $0 != UInt8(ascii: ":") }
      guard let host = HostName(String(decoding: name, as: UTF8.self)) else { return nil }
      self.host = host
      rest = rest[name.endIndex...]
    }
    if rest.isEmpty {
      guard !portRequired else { return nil }
      port = nil
    } else {
      let digits = rest.dropFirst()
      guard rest.first == UInt8(ascii: ":"), (1...5).contains(digits.count),
        digits.allSatisfy(\.isASCIIDigit),
        let port = UInt16(String(decoding: digits, as: UTF8.self))
      else { return nil }
      self.port = port
    }
  }
}

extension HostPort: CustomStringConvertible {
  public var description: String { host.bracketed + (port.map { ":\($0)" } ?? "") }
}
