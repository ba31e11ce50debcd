import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import PasswordReset

/// Hummingbird has a type of this name too.
typealias RequestID = PasswordReset.RequestID

/// One request that has reached a route.
struct RoutedRequest: Sendable {
  let http: Request
  /// Names this exchange in the log and in error bodies.
  let trace: Trace
  /// What stands in the place of a route's `{id}`.
  let parameter: String
  let bodyLimit: Int

  /// The part of the target after `?`, as it was sent.
  var query: Substring {
    let target = http.head.path ?? ""
    guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "" }
    return target[target.utf8.index(after: mark)...]
  }

  /// 413 where the header says already that the body is too large.
  func checkLength() throws(Problem) {
    if let length = http.headers[.contentLength].flatMap(Int.init), length > bodyLimit {
      throw .bodyTooLarge(limit: bodyLimit)
    }
  }

  /// The whole body, or 413 as soon as it is known to be too large.
  func body() async throws(Problem) -> [UInt8] {
    try checkLength()
    do {
      return Array(buffer: try await http.body.collect(upTo: bodyLimit))
    } catch is NIOTooManyBytesError {
      throw .bodyTooLarge(limit: bodyLimit)
    } catch {
      throw .badRequest("The body ended before it was complete.")
    }
  }

  /// 415 unless the body is of this media type, uncompressed, in UTF-8.
  func require(mediaType: String) throws(Problem) {
    let parts = (http.headers[.contentType] ?? "").utf8.split(
      separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    let words = parts.map { part in
      let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
      let word = part.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
      return String(decoding: word, as: UTF8.self).asciiLowercased
    }
    // A semicolon with nothing after it is allowed (RFC 9110 §5.6.6).
    let parameters = words.dropFirst().filter { !$0.isEmpty }
    guard http.headers[values: .contentType].count == 1, words.first == mediaType,
      parameters.count <= 1,
      parameters.allSatisfy({ ["charset=utf-8", "charset=\"utf-8\""].contains($0) }),
      http.headers[.contentEncoding] == nil
    else { throw .unsupportedMediaType(mediaType) }
  }

  /// The body as a strict JSON object, with the bytes it was read from.
  func jsonObject() async throws(Problem) -> (object: JSONObject, bytes: [UInt8]) {
    try require(mediaType: "application/json")
    let bytes = try await body()
    let json: JSON
    do { json = try JSON(parsing: bytes) } catch {
      throw .badRequest("The body is not strict JSON: \(error).")
    }
    guard let object = json.object else { throw .badRequest("The body must be a JSON object.") }
    return (object, bytes)
  }

  /// The Idempotency-Key, 400 if it cannot be one or is given twice.
  func idempotencyKey() throws(Problem) -> IdempotencyKey? {
    let values = http.headers.values(of: "idempotency-key")
    guard let value = values.first else { return nil }
    guard values.count == 1, let key = IdempotencyKey(value) else {
      throw .badRequest("Idempotency-Key must be 1 to 256 visible ASCII characters, once.")
    }
    return key
  }
}

/// A request whose caller has proved its key: routes that take this cannot run without one.
struct CallerRequest: Sendable {
  let request: RoutedRequest
  let caller: Caller
}

extension HTTPFields {
  /// The values of a field that swift-http-types has no name for; `name` in lower case.
  func values(of name: String) -> [String] {
    filter { $0.name.canonicalName == name }.map(\.value)
  }

  /// Sets a field that swift-http-types has no name for.
  mutating func set(_ name: String, _ value: String) {
    if let name = HTTPField.Name(name) { self[name] = value }
  }
}
