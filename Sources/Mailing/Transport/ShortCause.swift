/// Causes for logs and for rows of the outbox.
enum ShortCause {
  /// Letters, digits, `_` and `.`, at most 100 octets; everything else falls out.
  static func clean(_ text: String) -> String {
    let bytes = text.utf8.filter { byte in
      (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
        || "_.".utf8.contains(byte)
    }
    return String(decoding: bytes.prefix(100), as: UTF8.self)
  }
}
