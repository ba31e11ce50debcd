/// Object identifiers of built-in types; fixed in PostgreSQL's pg_type.dat.
enum TypeOID {
  static let bool: UInt32 = 16
  static let bytea: UInt32 = 17
  static let int8: UInt32 = 20
  static let int2: UInt32 = 21
  static let int4: UInt32 = 23
  static let text: UInt32 = 25
  static let timestamptz: UInt32 = 1184
  static let uuid: UInt32 = 2950

  static let byteaArray: UInt32 = 1001
  static let int4Array: UInt32 = 1007
  static let textArray: UInt32 = 1009
  static let uuidArray: UInt32 = 2951

  /// Domains, enums and extension types (citext) have numbers of their own from here on.
  static let firstUserDefined: UInt32 = 16384

  /// text, "char"-free string types whose binary form is the text itself: name, json, xml, unknown,
  /// bpchar, varchar.
  static let textual: Set<UInt32> = [text, 19, 114, 142, 705, 1042, 1043]
}

/// PostgreSQL counts microseconds from 2000-01-01 00:00:00 UTC, we count from 1970.
enum TimestampEpoch {
  static let microseconds: Int64 = 946_684_800_000_000
}
