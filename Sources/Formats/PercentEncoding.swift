/// Percent-encoding, RFC 3986 §2.1.
public enum PercentEncoding {
  /// Everything but the unreserved characters of RFC 3986 §2.3 as `%XX`.
  public static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      if byte.isASCIIAlphanumeric || "-._~".utf8.contains(byte) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Nil for a broken escape, bytes that are not UTF-8, or a control character: no second spelling
  /// is taken for an error of the first.
  public static func decode(_ text: some Collection<UInt8>) -> String? {
    guard let bytes = bytes(of: text), bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      return nil
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Nil for a broken escape.
  private static func bytes(of text: some Collection<UInt8>) -> [UInt8]? {
    var decoded: [UInt8] = []
    var rest = Array(text)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        decoded.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Hex.value(anyCase:)),
        let low = rest.popFirst().flatMap(Hex.value(anyCase:))
      else { return nil }
      decoded.append(high << 4 | low)
    }
    return decoded
  }
}
