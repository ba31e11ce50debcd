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

  /// Hosts with numbers for ports, and a query without words that name secrets.
  private static func isPlain(_ text: ArraySlice<UInt8>) -> Bool {
    let authority = text.prefix { !"/?#".utf8.contains($0) }
    let isHost = authority.split(separator: UInt8(ascii: ",")).allSatisfy { part in
      HostPort(String(decoding: part, as: UTF8.self), portRequired: false) != nil
    }
    let query = String(decoding: text.drop { $0 != UInt8(ascii: "?") }, as: UTF8.self).lowercased()
    return isHost && text.allSatisfy { (0x21...0x7e).contains($0) }
      && !["pass", "secret", "key", "token"].contains { query.contains($0) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (97...122).contains(byte | 0x20) || (48...57).contains(byte) || byte == UInt8(ascii: "+")
  }
}
