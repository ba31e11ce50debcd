internal import Formats
internal import PasswordReset

/// JSON as mail providers send it: they quote what strange mail servers have said.
enum ProviderJSON {
  /// Deeper than any provider's own structure; variables of senders may nest in it.
  private static let maximumDepth = 32

  /// Strict JSON, or such as becomes it when bytes and escapes that no text may have are replaced
  /// by U+FFFD. Without that, one mail server could spoil the reports of a whole batch by what it
  /// writes into its refusal. Nil for all else.
  static func parse(_ bytes: [UInt8]) -> JSON? {
    if let json = try? JSON(parsing: bytes, maximumDepth: maximumDepth) { return json }
    return try? JSON(parsing: mended(bytes), maximumDepth: maximumDepth)
  }

  private static func mended(_ bytes: [UInt8]) -> [UInt8] {
    // Decoding replaces what is not UTF-8.
    let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { scalar in
      scalar.properties.isNoncharacterCodePoint ? "\u{fffd}" : scalar
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: text)
    return mendedEscapes(Array(String(view).utf8))
  }

  /// A backslash stands only in strings, so strings need not be told from the rest.
  private static func mendedEscapes(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "\\") else {
        result.append(bytes[index])
        index += 1
        continue
      }
      let length = escapeLength(bytes, at: index)
      let escape = bytes[index..<min(index + length, bytes.count)]
      result += isText(escape) ? Array(escape) : Array("\\ufffd".utf8)
      index += length
    }
    return result
  }

  /// 12 for a surrogate pair, 6 for another `\u`, 2 for the rest.
  private static func escapeLength(_ bytes: [UInt8], at index: Int) -> Int {
    guard let unit = unit(bytes, at: index) else { return 2 }
    guard (0xd800..<0xdc00).contains(unit), let low = self.unit(bytes, at: index + 6),
      (0xdc00..<0xe000).contains(low)
    else { return 6 }
    return 12
  }

  /// False for `\u` escapes of U+0000, of lone surrogates and of noncharacters.
  private static func isText(_ escape: ArraySlice<UInt8>) -> Bool {
    let escape = Array(escape)
    guard let first = unit(escape, at: 0) else { return true }
    let low = escape.count == 12 ? unit(escape, at: 6) : nil
    let value = low.map { 0x10000 + (first - 0xd800) << 10 + ($0 - 0xdc00) } ?? first
    guard let scalar = Unicode.Scalar(value) else { return false }
    return value != 0 && !scalar.properties.isNoncharacterCodePoint
  }

  /// The code unit of a `\u` escape that begins here.
  private static func unit(_ bytes: [UInt8], at index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { return nil }
    var value: UInt32 = 0
    for digit in bytes[(index + 2)..<(index + 6)] {
      guard let digit = Hex.value(anyCase: digit) else {
        return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}

extension JSONObject {
  /// The request that one of our mails names in its metadata.
  func request(_ key: String = "rekey_request") -> RequestID? {
    let value = self[key]
    return (value?.string ?? value?.array?.first?.string).flatMap { RequestID($0) }
  }

  /// The mailbox that a report is about; with or without a display name.
  func address(_ key: String, _ policy: EmailAddress.Policy) -> EmailAddress? {
    self[key]?.string.flatMap { Mailbox($0, policy: policy)?.address }
  }

  /// A string or number as it was written.
  func literal(_ key: String) -> String? {
    switch self[key] {
    case .string(let text)?: text
    case .number(let text)?: text
    default: nil
    }
  }

  /// Whether a string stands under the key that is one of these but for the case of A to Z.
  func has(_ key: String, in words: Set<String>) -> Bool {
    self[key]?.string.map { words.contains($0.asciiLowercased) } ?? false
  }
}
