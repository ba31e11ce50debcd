/// The network address of a host, read from its one text form: IPv4 as four plain decimal numbers
/// (RFC 6943 §3.1.1), or IPv6 (RFC 4291 §2.2) without zone, prefix length or brackets.
public struct IPAddress: Sendable, Hashable {
  /// 4 or 16, in network order.
  public let bytes: [UInt8]

  /// Nil unless there are 4 or 16 bytes.
  public init?(bytes: [UInt8]) {
    guard [4, 16].contains(bytes.count) else { return nil }
    self.bytes = bytes
  }

  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 45 else { return nil }
    let characters = Array(text.utf8)
    guard let bytes = Self.ipv4(characters[...]) ?? Self.ipv6(characters) else { return nil }
    self.bytes = bytes
  }

  public var isIPv4: Bool { bytes.count == 4 }

  /// 127.0.0.0/8 (RFC 1122 §3.2.1.3) or `::1` (RFC 4291 §2.5.3).
  public var isLoopback: Bool {
    isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
  }

  /// The IPv4 address that an IPv4-mapped one (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) stands for.
  public var unmapped: IPAddress {
    guard !isIPv4, bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 255, bytes[11] == 255,
      let four = IPAddress(bytes: Array(bytes.suffix(4)))
    else { return self }
    return four
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(\.isASCIIDigit),
        part.count == 1 || part.first != UInt8(ascii: "0"),
        let byte = UInt8(exactly: part.reduce(0) { $0 * 10 + Int($1) - 48 })
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func ipv6(_ text: [UInt8]) -> [UInt8]? {
    guard let halves = splitAtDoubleColon(text),
      let head = groups(halves.0, mayEndInIPv4: halves.1 == nil)
    else { return nil }
    guard let second = halves.1 else { return head.count == 16 ? head : nil }
    guard let tail = groups(second, mayEndInIPv4: true), head.count + tail.count <= 14 else {
      return nil
    }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// The parts before and after `::`; nil where it stands twice.
  private static func splitAtDoubleColon(
    _ text: [UInt8]
  ) -> (ArraySlice<UInt8>, ArraySlice<UInt8>?)? {
    let colon = UInt8(ascii: ":")
    let places = text.indices.dropLast().filter { text[$0] == colon && text[$0 + 1] == colon }
    guard let place = places.first else { return (text[...], nil) }
    guard places.count == 1 else { return nil }
    return (text[..<place], text[(place + 2)...])
  }

  private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if mayEndInIPv4, index == parts.count - 1, let four = ipv4(part) {
        bytes += four
        continue
      }
      guard (1...4).contains(part.count) else { return nil }
      var value: UInt16 = 0
      for character in part {
        guard let digit = Hex.value(anyCase: character) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      bytes += [UInt8(value >> 8), UInt8(value & 255)]
    }
    return bytes.count <= 16 ? bytes : nil
  }
}
