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
    var pending: UInt32 = 0
    var bits: UInt32 = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(digits[Int(pending >> bits & 0x3F)])
      }
    }
    if bits > 0 { text.append(digits[Int(pending << (6 - bits) & 0x3F)]) }
    while padded && !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
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
