/// How the binary form of an SQL type becomes a Swift value.
struct ColumnType<Value>: Sendable {
  let accepts: @Sendable (_ type: UInt32) -> Bool
  /// Nil if the bytes are no such value.
  let decode: @Sendable (ArraySlice<UInt8>) -> Value?
}

extension ColumnType<[UInt8]> {
  static let uuid = ColumnType(
    accepts: { $0 == TypeOID.uuid },
    decode: { $0.count == 16 ? Array($0) : nil })

  static let bytes = ColumnType(accepts: { $0 == TypeOID.bytea }, decode: { Array($0) })
}

extension ColumnType<String> {
  static let text = ColumnType(
    accepts: { TypeOID.textual.contains($0) || $0 >= TypeOID.firstUserDefined },
    decode: { String(validating: $0, as: UTF8.self) })
}

extension ColumnType<Bool> {
  static let bool = ColumnType(
    accepts: { $0 == TypeOID.bool }, decode: { $0.count == 1 ? $0.first == 1 : nil })
}

extension ColumnType<Int> {
  static let int = ColumnType(
    accepts: { $0 == TypeOID.int4 || $0 == TypeOID.int8 || $0 == TypeOID.int2 },
    decode: { bytes in
      switch bytes.count {
      case 2: Int16(bigEndianBytes: bytes).map { Int($0) }
      case 4: Int32(bigEndianBytes: bytes).map { Int($0) }
      default: Int64(bigEndianBytes: bytes).map { Int($0) }
      }
    })
}

extension ColumnType<Int64> {
  static let timestamp = ColumnType(
    accepts: { $0 == TypeOID.timestamptz },
    decode: { bytes in
      guard let value = Int64(bigEndianBytes: bytes), value != .min, value != .max else {
        return nil
      }
      let (microseconds, overflow) = value.addingReportingOverflow(TimestampEpoch.microseconds)
      return overflow ? nil : microseconds
    })
}

extension FixedWidthInteger {
  /// Nil unless there are exactly as many bytes as the type has.
  fileprivate init?(bigEndianBytes bytes: ArraySlice<UInt8>) {
    guard bytes.count * 8 == Self.bitWidth else { return nil }
    self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
