import Formats
import Foundation
import PasswordReset
import Transfer

/// Calls to the parts of `rekey dev`, as a browser or a main app makes them. Follows no redirect.
struct HTTPClient: Sendable {
  let loop: TransferLoop

  private static let deadline: Duration = .seconds(10)

  func get(
    _ url: String, cookie: String? = nil, key: String? = nil
  ) async throws -> HTTPAnswer {
    let headers = [
      cookie.map { (name: "Cookie", value: $0) },
      key.map { (name: "Authorization", value: "Bearer \($0)") },
    ]
    return try await perform("GET", url, headers.compactMap { $0 }, [])
  }

  func post(_ url: String, form: [(String, String)]) async throws -> HTTPAnswer {
    let body = form.map { "\($0)=\(Self.escaped($1))" }.joined(separator: "&")
    return try await perform(
      "POST", url, [("Content-Type", "application/x-www-form-urlencoded")], Array(body.utf8))
  }

  func post(
    _ url: String, json: JSONObject, key: String, attempt: String? = nil
  ) async throws -> HTTPAnswer {
    let headers = [
      (name: "Authorization", value: "Bearer \(key)"),
      (name: "Content-Type", value: "application/json"),
    ]
    return try await perform(
      "POST", url, headers + (attempt.map { [(name: "Idempotency-Key", value: $0)] } ?? []),
      JSON.object(json).serializedBytes())
  }

  private func perform(
    _ method: String, _ url: String, _ headers: [(name: String, value: String)], _ body: [UInt8]
  ) async throws -> HTTPAnswer {
    try await loop.perform(
      HTTPTransfer(
        method: method, url: url, headers: headers, body: body, timeout: Self.deadline,
        maxAnswerBytes: 1 << 20, allowPlainHTTP: true))
  }

  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = (97...122).contains(byte | 0x20) || (48...57).contains(byte)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
    }.joined()
  }
}

extension HTTPAnswer {
  var text: String { String(decoding: body, as: UTF8.self) }

  /// The members of a JSON answer; none where it is something else.
  var json: JSONObject { (try? JSON(parsing: body))?.object ?? [:] }

  /// The page's one heading.
  var heading: String? { text.between("<h1>", "</h1>") }
}

extension String {
  /// What stands between the first `start` and the next `end`.
  func between(_ start: String, _ end: String) -> String? {
    guard let from = range(of: start)?.upperBound,
      let to = range(of: end, range: from..<endIndex)?.lowerBound
    else { return nil }
    return String(self[from..<to])
  }
}
