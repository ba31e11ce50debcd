/// Parameters in the binary form of the wire, back to back in one reused buffer.
struct ParameterEncoder {
  private(set) var bytes: [UInt8] = []
  /// For each parameter where it begins and how long it is; length -1 is NULL.
  private(set) var spans: [(start: Int, length: Int32)] = []

  /// - Throws: `misuse` if one cannot be sent as one of `types`.
  mutating func encode(_ parameters: [Parameter], types: [UInt32]) throws(PostgresError) {
    bytes.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    guard parameters.count == types.count else {
      throw .misuse("\(types.count) parameters expected, \(parameters.count) given")
    }
    for (parameter, type) in zip(parameters, types) {
      guard parameter.fits(type) else {
        throw .misuse("parameter \(spans.count + 1) is not of the statement's type \(type)")
      }
      let start = bytes.count
      let isNull = try append(parameter)
      guard let length = Int32(exactly: bytes.count - start) else {
        throw .misuse("parameter \(spans.count + 1) is longer than 2 GiB")
      }
      spans.append((start, isNull ? -1 : length))
    }
    // So that an empty value has an address too: to libpq, no address means NULL.
    bytes.append(0)
  }

  /// - Returns: whether it is NULL.
  private mutating func append(_ parameter: Parameter) throws(PostgresError) -> Bool {
    switch parameter {
    case .null: return true
    case .uuid(let value): try append(uuid: value)
    case .bytes(let value): bytes.append(contentsOf: value)
    case .text(let value): try append(text: value)
    case .bool(let value): bytes.append(value ? 1 : 0)
    case .int4(let value): append(value)
    case .timestamp(let value): try append(timestamp: value)
    default: try appendArray(parameter)
    }
    return false
  }

  private mutating func appendArray(_ parameter: Parameter) throws(PostgresError) {
    switch parameter {
    case .uuids(let values):
      try append(values, of: TypeOID.uuid) { (to, value) throws(PostgresError) in
        try to.append(uuid: value)
      }
    case .bytesArray(let values):
      try append(values, of: TypeOID.bytea) { (to, value) in to.bytes.append(contentsOf: value) }
    case .texts(let values):
      try append(values, of: TypeOID.text) { (to, value) throws(PostgresError) in
        try to.append(text: value)
      }
    case .int4s(let values):
      try append(values, of: TypeOID.int4) { (to, value) in to.append(value) }
    default: break
    }
  }

  /// The form of array_recv: dimensions, has-nulls, element type, then length and lower bound of
  /// the one dimension, then each element with its length.
  private mutating func append<Element>(
    _ elements: [Element?], of type: UInt32,
    _ append: (inout ParameterEncoder, Element) throws(PostgresError) -> Void
  ) throws(PostgresError) {
    guard let count = Int32(exactly: elements.count) else { throw .misuse("array too long") }
    self.append(count == 0 ? 0 : 1 as Int32)
    self.append(elements.contains { $0 == nil } ? 1 : 0 as Int32)
    self.append(type)
    guard count > 0 else { return }
    self.append(count)
    self.append(1 as Int32)
    for element in elements {
      let start = bytes.count
      self.append(-1 as Int32)
      guard let element else { continue }
      try append(&self, element)
      try patchLength(at: start)
    }
  }

  private mutating func patchLength(at start: Int) throws(PostgresError) {
    guard let length = UInt32(exactly: bytes.count - start - 4), length <= Int32.max else {
      throw .misuse("an array element is longer than 2 GiB")
    }
    for byte in 0..<4 {
      bytes[start + byte] = UInt8(truncatingIfNeeded: length >> (24 - 8 * byte))
    }
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    var shift = Number.bitWidth
    while shift > 0 {
      shift -= 8
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private mutating func append(uuid: [UInt8]) throws(PostgresError) {
    guard uuid.count == 16 else { throw .misuse("a UUID has 16 bytes, not \(uuid.count)") }
    bytes.append(contentsOf: uuid)
  }

  private mutating func append(text: String) throws(PostgresError) {
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    guard !bytes[start...].contains(0) else { throw .misuse("text holds NUL") }
  }

  private mutating func append(timestamp: Int64) throws(PostgresError) {
    let (value, overflow) = timestamp.subtractingReportingOverflow(TimestampEpoch.microseconds)
    // The two extremes are PostgreSQL's -infinity and infinity.
    guard !overflow, value != .min else { throw .misuse("timestamp out of range") }
    append(value)
  }
}
