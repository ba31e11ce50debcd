internal import Formats

/// The id of a request or message: a UUIDv7 (RFC 9562 §5.7) whose first 48 bits are milliseconds of
/// database time, so that ids sort by age and a day is a contiguous range.
public struct RequestID: Sendable, Hashable {
  /// Always 16 bytes.
  public let bytes: [UInt8]

  /// Nil unless there are exactly 16 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// Makes an id from a moment and at least 10 random bytes; version and variant bits are set here.
  /// Nil with fewer random bytes.
  public init?(at moment: Timestamp, random: [UInt8]) {
    guard random.count >= 10 else { return nil }
    var bytes = Self.timePrefix(of: moment) + random.prefix(10)
    bytes[6] = (bytes[6] & 0x0f) | 0x70
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    self.bytes = bytes
  }

  private init(lowestAt moment: Timestamp) {
    bytes = Self.timePrefix(of: moment) + [UInt8](repeating: 0, count: 10)
  }

  /// The lowest id that a moment can have: a bound for "not older than" in queries.
  public static func lowest(at moment: Timestamp) -> RequestID { RequestID(lowestAt: moment) }

  /// When the id was made, to the millisecond.
  public var createdAt: Timestamp {
    let milliseconds = bytes.prefix(6).reduce(Int64(0)) { $0 << 8 | Int64($1) }
    return Timestamp(microseconds: milliseconds &* 1000)
  }

  private static func timePrefix(of moment: Timestamp) -> [UInt8] {
    let milliseconds = UInt64(max(0, moment.microseconds / 1000))
    return (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (8 * (5 - UInt64($0)))) }
  }
}

extension RequestID: CustomStringConvertible {
  /// Reads the canonical form: 36 characters, lower-case hexadecimal. Nil for any other spelling.
  public init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard characters.count == 36 else { return nil }
    var bytes: [UInt8] = []
    var index = 0
    while index < 36 {
      if [8, 13, 18, 23].contains(index) {
        guard characters[index] == UInt8(ascii: "-") else { return nil }
        index += 1
        continue
      }
      guard let high = Hex.value(characters[index]), let low = Hex.value(characters[index + 1])
      else { return nil }
      bytes.append(high << 4 | low)
      index += 2
    }
    self.bytes = bytes
  }

  public var description: String {
    let groups = [bytes[0..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10..<16]]
    return groups.map { Hex.encode($0) }.joined(separator: "-")
  }
}
