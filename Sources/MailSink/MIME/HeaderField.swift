/// One field of a header (RFC 5322 section 2.2), unfolded, not decoded further.
public struct HeaderField: Sendable, Equatable {
  public let name: String
  public let value: String

  /// - Returns: nil for a line that is no field.
  init?(_ line: ArraySlice<UInt8>) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
      return nil
    }
    name = String(decoding: trimmed(line[..<colon]), as: UTF8.self)
    value = String(decoding: trimmed(line[(colon + 1)...]), as: UTF8.self)
  }
}

extension [HeaderField] {
  /// The first field of that name, ASCII case ignored.
  public func value(of name: String) -> String? {
    first { equalIgnoringASCIICase($0.name, name) }?.value
  }
}

/// A field value with parameters (RFC 2045 section 5.1), such as `text/plain; charset=utf-8`.
struct ParameterizedValue {
  /// Lower case, without parameters.
  let value: String
  private let parameters: [(name: String, value: String)]

  init(_ text: String) {
    let pieces = Self.pieces(of: text)
    value = pieces.first.map { $0.lowercased() } ?? ""
    parameters = pieces.dropFirst().compactMap { piece in
      guard let equals = piece.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let name = String(decoding: trimmed(piece.utf8[..<equals]), as: UTF8.self)
      let value = trimmed(piece.utf8[piece.utf8.index(after: equals)...])
      return (name.lowercased(), String(decoding: value, as: UTF8.self))
    }
  }

  subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// Splits at semicolons outside quoted strings and takes the quotes away.
  private static func pieces(of text: String) -> [String] {
    var pieces: [[UInt8]] = [[]]
    var isQuoted = false
    var isEscaped = false
    for byte in text.utf8 {
      if !isEscaped, byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
      } else if !isEscaped, isQuoted, byte == UInt8(ascii: "\\") {
        isEscaped = true
        continue
      } else if !isQuoted, byte == UInt8(ascii: ";") {
        pieces.append([])
      } else {
        pieces[pieces.count - 1].append(byte)
      }
      isEscaped = false
    }
    return pieces.map { String(decoding: trimmed($0), as: UTF8.self) }
  }
}
