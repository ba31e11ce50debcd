/// The network address of the person who asks, as the main app saw it: IPv4, or IPv6 by its /64.
///
/// A household or phone has a whole /64, so its limit counts together; IPv4-mapped IPv6
/// (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is the IPv4 address it stands for.
public struct ClientAddress: Sendable, Hashable {
  /// 4 bytes of IPv4, or the first 8 of IPv6: what the limit counts.
  public let limiterForm: [UInt8]

  /// Nil for anything but a plain address: no port, prefix length, zone or brackets.
  public init?(_ text: String) {
    guard text.utf8.count <= 45 else { return nil }
    let characters = Array(text.utf8)
    if let four = Self.ipv4(characters[...]) {
      limiterForm = four
      return
    }
    guard let sixteen = Self.ipv6(characters) else { return nil }
    let mapped =
      sixteen.prefix(10).allSatisfy { $0 == 0 } && sixteen[10] == 255 && sixteen[11] == 255
    limiterForm = mapped ? Array(sixteen.suffix(4)) : Array(sixteen.prefix(8))
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy({ (48...57).contains($0) }),
        part.count == 1 || part.first != 48
      else { return nil }
      let value = part.reduce(0) { $0 * 10 + Int($1) - 48 }
      guard value <= 255 else { return nil }
      bytes.append(UInt8(value))
    }
    return bytes
  }

  private static func ipv6(_ text: [UInt8]) -> [UInt8]? {
    let halves = splitAtDoubleColon(text)
    guard let halves, let head = groups(halves.0, mayEndInIPv4: halves.1 == nil) else { return nil }
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
        let isLetter = (65...70).contains(character & 0xdf)
        guard let digit = Hex.value(isLetter ? character | 0x20 : character) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      bytes += [UInt8(value >> 8), UInt8(value & 255)]
    }
    return bytes.count <= 16 ? bytes : nil
  }
}
