/// Base64 with the URL alphabet and without padding, RFC 4648 §5.
public enum Base64URL {
  public static func encode(_ bytes: [UInt8]) -> String {
    Base64Alphabet.url.encode(bytes, padded: false)
  }

  /// The bytes, or nil unless `text` is exactly what ``encode(_:)`` writes for them: a lenient
  /// decoder gives one token many spellings (RFC 4648 §3.5).
  public static func decode(_ text: String) -> [UInt8]? {
    Base64Alphabet.url.decode(Array(text.utf8)[...])
  }
}

/// Base64 with the standard alphabet and mandatory padding, RFC 4648 §4.
public enum Base64 {
  public static func encode(_ bytes: [UInt8]) -> String {
    Base64Alphabet.standard.encode(bytes, padded: true)
  }

  /// The bytes, or nil unless `text` is exactly what ``encode(_:)`` writes for them.
  public static func decode(_ text: String) -> [UInt8]? {
    let text = Array(text.utf8)
    guard text.count.isMultiple(of: 4) else { return nil }
    // A padding sign that is too many stays in the digits, where the alphabet refuses it.
    let padding = text.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
    return Base64Alphabet.standard.decode(text.dropLast(padding))
  }
}

// Piece by piece, for what is never held whole.
extension Base64 {
  /// What fills one line of 76 characters (RFC 2045 §6.8).
  public static let bytesPerLine = 57

  /// The encoded length of `size` bytes, in bytes; `Int64.max` where that is too small for it.
  /// - Parameter hasLines: whether it is broken into lines, CR LF after each, the last one too.
  public static func count(of size: Int64, hasLines: Bool) -> Int64 {
    guard size > 0 else { return 0 }
    let groups = (size - 1) / 3 + 1
    let lines = hasLines ? (size - 1) / Int64(bytesPerLine) + 1 : 0
    let (characters, overflow) = groups.multipliedReportingOverflow(by: 4)
    let (total, overflowOfLines) = characters.addingReportingOverflow(lines * 2)
    return overflow || overflowOfLines ? .max : total
  }

  /// Appends `bytes` encoded. Only the last call for a text may have a length that is not a
  /// multiple of 3, or with lines of ``bytesPerLine``.
  public static func append(_ bytes: ArraySlice<UInt8>, hasLines: Bool, to output: inout [UInt8]) {
    var rest = bytes
    while !rest.isEmpty {
      let line = hasLines ? rest.prefix(bytesPerLine) : rest
      Base64Alphabet.standard.append(line, padded: true, to: &output)
      if hasLines { output += [0x0d, 0x0a] }
      rest = rest.dropFirst(line.count)
    }
  }
}

/// The two alphabets differ only in their last two digits.
private struct Base64Alphabet {
  static let standard = Base64Alphabet(UInt8(ascii: "+"), UInt8(ascii: "/"))
  static let url = Base64Alphabet(UInt8(ascii: "-"), UInt8(ascii: "_"))

  private let digits: [UInt8]
  /// The value of each byte as a digit; `foreign` for a byte that is none.
  private let values: [UInt8]
  private static let foreign: UInt8 = 0xFF

  private init(_ digit62: UInt8, _ digit63: UInt8) {
    let letters = Array(UInt8(ascii: "A")...UInt8(ascii: "Z"))
    digits =
      letters + letters.map { $0 | 0x20 } + Array(UInt8(ascii: "0")...UInt8(ascii: "9"))
      + [digit62, digit63]
    var values = [UInt8](repeating: Self.foreign, count: 256)
    for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
    self.values = values
  }

  func encode(_ bytes: [UInt8], padded: Bool) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count / 3 + 1) * 4)
    append(bytes[...], padded: padded, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  func append(_ bytes: ArraySlice<UInt8>, padded: Bool, to text: inout [UInt8]) {
    var index = bytes.startIndex
    while index + 3 <= bytes.endIndex {
      appendGroup(bytes[index], bytes[index + 1], bytes[index + 2], to: &text)
      index += 3
    }
    let left = bytes.endIndex - index
    guard left > 0 else { return }
    appendGroup(bytes[index], left > 1 ? bytes[index + 1] : 0, 0, to: &text)
    text.removeLast(3 - left)
    if padded { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - left) }
  }

  private func appendGroup(
    _ first: UInt8, _ second: UInt8, _ third: UInt8, to text: inout [UInt8]
  ) {
    text.append(digits[Int(first >> 2)])
    text.append(digits[Int((first & 3) << 4 | second >> 4)])
    text.append(digits[Int((second & 15) << 2 | third >> 6)])
    text.append(digits[Int(third & 63)])
  }

  /// Unpadded digits to bytes; nil for a foreign byte, an impossible length, or a last digit with
  /// bits that no byte uses.
  func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 2)
    var pending: UInt32 = 0
    var bits: UInt32 = 0
    for digit in text {
      let value = values[Int(digit)]
      guard value != Self.foreign else { return nil }
      pending = pending << 6 | UInt32(value)
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> bits))
    }
    let unused = pending & (1 << bits - 1)
    return unused == 0 ? bytes : nil
  }
}
