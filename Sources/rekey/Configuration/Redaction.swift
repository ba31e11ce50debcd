import Formats
import Mailing

/// Takes user and password out of URLs. What is not plainly a URL, or several, without other secrets
/// is not shown at all.
enum Redaction {
  static func redacted(_ text: String) -> String {
    let words = text.utf8.split(separator: UInt8(ascii: " ")).map { shown($0) }
    guard words.allSatisfy({ $0 != nil }) else { return "<redacted>" }
    return words.compactMap { $0 }.joined(separator: " ")
  }

  /// Nil for anything but `scheme://[user@]hosts[/path][?query]`. Everything up to the last `@` may
  /// be a password that nobody escaped.
  private static func shown(_ word: Substring.UTF8View) -> String? {
    let mark = Array("://".utf8)
    let bytes = Array(word)
    guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }),
      bytes[..<start].allSatisfy({ isLetter($0) })
    else { return nil }
    let rest = bytes[(start + mark.count)...]
    let at = rest.lastIndex(of: UInt8(ascii: "@"))
    let open = at.map { rest[($0 + 1)...] } ?? rest
    guard isPlain(open) else { return nil }
    return String(decoding: bytes[..<(start + mark.count)], as: UTF8.self)
      + (at == nil ? "" : "<redacted>@") + String(decoding: open, as: UTF8.self)
  }

  /// Hosts with numbers for ports, no fragment, and a query that holds no secret.
  private static func isPlain(_ text: ArraySlice<UInt8>) -> Bool {
    let authority = text.prefix { !"/?#".utf8.contains($0) }
    // A provider's own host need not be named, once the key has been taken out.
    let isHost = authority.split(separator: UInt8(ascii: ",")).allSatisfy { part in
      HostPort(String(decoding: part, as: UTF8.self), portRequired: false) != nil
    }
    return isHost && text.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }
      && isPlainQuery(text.drop { $0 != UInt8(ascii: "?") }.dropFirst())
  }

  // In other URLs `auth` may be a key.
  private static let plainParameters = Set(TransportURL.optionNames).subtracting(["auth"]).union([
    "sslmode", "sslrootcert", "target_session_attrs", "connect_timeout", "application_name",
    "host", "port", "dbname", "user",
  ])

  /// Only parameters that are known to be plain, named without escapes, and one value for each.
  private static func isPlainQuery(_ query: ArraySlice<UInt8>) -> Bool {
    query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false).allSatisfy { pair in
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      let value = pair[name.endIndex...].dropFirst()
      return pair.isEmpty && query.isEmpty
        || plainParameters.contains(String(decoding: name, as: UTF8.self))
          && !value.contains { ";=?".utf8.contains($0) }
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (97...122).contains(byte | 0x20) || (48...57).contains(byte) || byte == UInt8(ascii: "+")
  }
}
