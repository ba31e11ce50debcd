import PasswordReset

/// An absolute http or https URL of the configuration, taken apart strictly: links are built from
/// it, so nothing in it may mean something else to another reader.
struct WebURL: Sendable, Equatable {
  let isSecure: Bool
  let host: String
  let port: Int?
  /// Everything from the path on.
  let rest: String
  let text: String

  /// Nil for another scheme, a user, a missing host, port 0, white space, a backslash, `..` in the path, or
  /// http to a host that is not loopback.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else {
      return nil
    }
    let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
    guard let scheme else { return nil }
    let afterScheme = text.utf8.dropFirst(scheme.utf8.count)
    let end = afterScheme.firstIndex { "/?#".utf8.contains($0) } ?? afterScheme.endIndex
    guard let authority = HostPort(String(Substring(afterScheme[..<end])), portRequired: false)
    else { return nil }
    guard authority.port != 0 else { return nil }
    isSecure = scheme == "https://"
    host = authority.host
    port = authority.port
    rest = String(Substring(afterScheme[end...]))
    self.text = text
    let path = rest.prefix { $0 != "?" && $0 != "#" }
    guard isSecure || authority.isLoopback,
      !path.split(separator: "/").contains(where: Self.isStep)
    else { return nil }
  }

  /// `.` or `..`, escaped or not, as the WHATWG URL standard takes them.
  private static func isStep(_ segment: Substring) -> Bool {
    let plain = segment.lowercased().replacing("%2e", with: ".")
    return plain == "." || plain == ".."
  }

  /// The base of links: no query or fragment; a slash at its end is dropped.
  var asBase: String? {
    guard !rest.contains("?"), !rest.contains("#"), !rest.contains("//") else { return nil }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}

/// `host:port`, or `[v6]:port`.
struct HostPort: Sendable, Equatable {
  let host: String
  let port: Int?

  init?(_ text: String, portRequired: Bool = true) {
    var rest = text[...]
    if rest.hasPrefix("[") {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      host = String(rest[rest.index(after: rest.startIndex)..<close])
      rest = rest[rest.index(after: close)...]
      guard ClientAddress(host) != nil, host.contains(":") else { return nil }
    } else {
      host = String(rest.prefix { $0 != ":" })
      rest = rest.dropFirst(host.count)
      guard Self.isName(host) else { return nil }
    }
    if rest.isEmpty {
      guard !portRequired else { return nil }
      port = nil
    } else {
      let digits = rest.dropFirst()
      guard rest.hasPrefix(":"), (1...5).contains(digits.count),
        digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(digits), port <= 65535
      else { return nil }
      self.port = port
    }
  }

  /// RFC 1123 §2.1, and underscores, which internal names have: labels of 1 to 63 octets that do
  /// not begin or end with a hyphen.
  private static func isName(_ host: String) -> Bool {
    host.utf8.count <= 253
      && host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        .allSatisfy { label in
          (1...63).contains(label.count) && label.first != 45 && label.last != 45
            && label.allSatisfy {
              (97...122).contains($0 | 0x20) || (48...57).contains($0) || [45, 95].contains($0)
            }
        }
  }

  /// Reached without leaving the machine.
  var isLoopback: Bool {
    host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
      || host.hasPrefix("127.") && ClientAddress(host) != nil
  }
}
