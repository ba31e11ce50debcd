/// A value for `$1`, `$2` … Always sent in binary with its length, so nothing in it is parsed as
/// SQL or cut at a NUL.
public enum Parameter: Sendable, Hashable {
  case null
  /// Exactly 16 bytes.
  case uuid([UInt8])
  case bytes([UInt8])
  /// Without U+0000, which PostgreSQL cannot store.
  case text(String)
  case bool(Bool)
  case int4(Int32)
  /// Microseconds since 1970-01-01 00:00:00 UTC.
  case timestamp(Int64)

  case uuids([[UInt8]?])
  case bytesArray([[UInt8]?])
  case texts([String?])
  case int4s([Int32])
}

extension Parameter {
  /// Nil for NULL, which fits every type.
  var type: UInt32? {
    switch self {
    case .null: nil
    case .uuid: TypeOID.uuid
    case .bytes: TypeOID.bytea
    case .text: TypeOID.text
    case .bool: TypeOID.bool
    case .int4: TypeOID.int4
    case .timestamp: TypeOID.timestamptz
    case .uuids: TypeOID.uuidArray
    case .bytesArray: TypeOID.byteaArray
    case .texts: TypeOID.textArray
    case .int4s: TypeOID.int4Array
    }
  }

  /// Whether its binary form is what the server reads for a parameter of type `other`. Without
  /// this check a text sent for a bytea would pass unseen.
  func fits(_ other: UInt32) -> Bool {
    guard let type, type != other, other < TypeOID.firstUserDefined else { return true }
    return type == TypeOID.text && TypeOID.textual.contains(other)
  }
}
