internal import Hummingbird

/// The fields of a form or of a query (`application/x-www-form-urlencoded`).
struct FormFields: Equatable {
  private var values: [String: String] = [:]

  /// - Returns: nil when a name comes twice, or when something is not UTF-8 or badly escaped:
  ///   two readers of the same bytes might then understand different things.
  init?(_ encoded: some Collection<UInt8>) {
    for field in encoded.split(separator: UInt8(ascii: "&")) {
      let name = field.prefix { $0 != UInt8(ascii: "=") }
      let value = field.dropFirst(name.count + 1)
      guard let name = Self.decode(name), let value = Self.decode(value) else { return nil }
      guard values.updateValue(value, forKey: name) == nil else { return nil }
    }
  }

  /// The body of a form.
  /// - Throws: 415 for another media type, 413 for too much, 400 for a malformed form.
  init(_ request: Request, _ context: DemoContext) async throws {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased()
    guard type == "application/x-www-form-urlencoded" else {
      throw HTTPError(.unsupportedMediaType)
    }
    let body = try await request.body.collect(upTo: context.maxUploadSize)
    guard let fields = FormFields(body.readableBytesView) else { throw HTTPError(.badRequest) }
    self = fields
  }

  /// The query of a request; malformed is as good as none.
  init(queryOf request: Request) {
    self = FormFields((request.uri.query ?? "").utf8) ?? FormFields()
  }

  private init() {}

  subscript(name: String) -> String? { values[name] }

  private static func decode(_ bytes: some Sequence<UInt8>) -> String? {
    var result: [UInt8] = []
    var iterator = bytes.makeIterator()
    while let byte = iterator.next() {
      switch byte {
      case UInt8(ascii: "+"): result.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = iterator.next(), let low = iterator.next(),
          let digits = String(validating: [high, low], as: UTF8.self), high != UInt8(ascii: "+"),
          let value = UInt8(digits, radix: 16)
        else { return nil }
        result.append(value)
      default: result.append(byte)
      }
    }
    return String(validating: result, as: UTF8.self)
  }
}
