import Testing

/// A field's value with its parameters, RFC 2045 §5.1 and RFC 2231.
enum ReceivedParameters {
  static func read(_ field: String) throws -> (value: String, parameters: [String: String]) {
    var rest = Array(field.utf8)[...]
    let value = String(decoding: take(until: ";", from: &rest), as: UTF8.self)
    var found: [String: [UInt8]] = [:]
    while rest.popFirst() == UInt8(ascii: ";") {
      guard rest.popFirst() == 0x20 else { throw ReceivedMail.Malformed(reason: "no space") }
      let name = String(decoding: take(until: "=", from: &rest), as: UTF8.self)
      guard rest.popFirst() == UInt8(ascii: "="), found[name] == nil else {
        throw ReceivedMail.Malformed(reason: "parameter")
      }
      found[name] =
        rest.first == UInt8(ascii: "\"") ? try quoted(&rest) : take(until: ";", from: &rest)
    }
    guard rest.isEmpty else { throw ReceivedMail.Malformed(reason: "after parameters") }
    return (value, try joined(found))
  }

  private static func take(
    until end: Unicode.Scalar, from rest: inout ArraySlice<UInt8>
  ) -> [UInt8] {
    let taken = rest.prefix { $0 != UInt8(ascii: end) }
    rest = rest.dropFirst(taken.count)
    return Array(taken)
  }

  private static func quoted(_ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
    rest.removeFirst()
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return text }
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { break }
      text.append(escaped)
    }
    throw ReceivedMail.Malformed(reason: "quotes")
  }

  /// Each of the pieces `name*0*`, `name*1*` … or the single `name*` becomes `name`.
  private static func joined(_ found: [String: [UInt8]]) throws -> [String: String] {
    var parameters: [String: String] = [:]
    for (name, value) in found {
      let parts = name.split(separator: "*", omittingEmptySubsequences: false)
      switch parts.count {
      case 1: parameters[name] = String(decoding: value, as: UTF8.self)
      case 2: parameters[String(parts[0])] = try extended([value])
      default:
        let base = String(parts[0])
        let count = found.keys.count { $0.hasPrefix(base + "*") }
        let pieces = try (0..<count).map { try #require(found["\(base)*\($0)*"]) }
        parameters[base] = try extended(pieces)
      }
    }
    return parameters
  }

  /// Each piece must be whole characters, although RFC 2231 would not insist.
  private static func extended(_ pieces: [[UInt8]]) throws -> String {
    var text = ""
    for (number, piece) in pieces.enumerated() {
      let prefix = Array("UTF-8''".utf8)
      if number == 0 { try #require(piece.starts(with: prefix)) }
      var rest = piece.dropFirst(number == 0 ? prefix.count : 0)
      var bytes: [UInt8] = []
      while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "%") else {
          bytes.append(byte)
          continue
        }
        bytes.append(
          try #require(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)))
        rest = rest.dropFirst(2)
      }
      text += try #require(String(validating: bytes, as: UTF8.self))
    }
    return text
  }
}
