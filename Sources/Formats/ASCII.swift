extension UInt8 {
  public var isASCIIDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }

  public var isASCIILetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }

  public var isASCIIAlphanumeric: Bool { isASCIIDigit || isASCIILetter }

  /// A digit of hexadecimal in either case.
  public var isHexDigit: Bool {
    isASCIIDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self | 0x20
  }

  /// Printable and not a space: `VCHAR` of RFC 5234 appendix B.1.
  public var isVisibleASCII: Bool { 0x21...0x7e ~= self }

  /// Folds A to Z only.
  public var asciiLowercased: UInt8 { 0x41...0x5a ~= self ? self | 0x20 : self }
}

extension String {
  /// Folds A to Z only: what else has a case means something else to another reader, and Swift's own
  /// `lowercased()` turns the Kelvin sign into `k`.
  public var asciiLowercased: String {
    String(decoding: utf8.map(\.asciiLowercased), as: UTF8.self)
  }
}

extension StringProtocol {
  /// The bytes without space, tab and CR at either end.
  public var trimmedBytes: [UInt8] {
    let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0d].contains(byte) }
    return Array(utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}

extension ArraySlice<UInt8> {
  /// Where the ASCII text first stands.
  public func firstRange(of text: StaticString) -> Int? {
    let wanted = Array(text.description.utf8)
    return indices.first { self[$0...].starts(with: wanted) }
  }
}
