/// What libpq says about a failed connection. In its verbose form a server's refusal reads
/// `connection to server at "…" failed: FATAL:  28P01: password authentication failed …`, with
/// lines of detail after it, of which none is kept.
struct ConnectionMessage {
  let reason: String
  let sqlState: String?

  init(_ message: String) {
    let line = message.utf8.prefix { $0 != UInt8(ascii: "\n") }
    reason = String(line) ?? ""
    sqlState = Self.sqlState(in: Array(line))
  }

  var error: PostgresError { .unavailable(reason: reason, sqlState: sqlState) }

  /// Found by its place, not by the word before it, which servers translate.
  private static func sqlState(in line: [UInt8]) -> String? {
    let before = Array(":  ".utf8)
    let after = Array(": ".utf8)
    let length = before.count + 5 + after.count
    guard line.count >= length else { return nil }
    for start in 0...(line.count - length) {
      let window = line[start..<start + length]
      let code = window.dropFirst(before.count).prefix(5)
      if window.starts(with: before), window.dropFirst(before.count + 5).starts(with: after),
        code.allSatisfy(isCodeCharacter)
      {
        return String(decoding: code, as: UTF8.self)
      }
    }
    return nil
  }

  private static func isCodeCharacter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
  }
}
