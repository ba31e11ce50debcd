import DemoApp
import Formats
import Foundation
import FoundationNetworking

/// Calls as a browser or a main app makes them. Follows no redirect and keeps no cookie.
struct HTTPClient: Sendable {
  private let session: URLSession

  init() {
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = 10
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.urlCache = nil
    session = URLSession(configuration: configuration, delegate: NoRedirects(), delegateQueue: nil)
  }

  func get(_ url: String, headers: [String: String] = [:]) async throws -> HTTPAnswer {
    try await perform("GET", url, headers, nil)
  }

  func post(_ url: String, form: [(String, String)]) async throws -> HTTPAnswer {
    let body = form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    return try await perform(
      "POST", url, ["Content-Type": "application/x-www-form-urlencoded"], Data(body.utf8))
  }

  func post(_ url: String, body: Data, headers: [String: String]) async throws -> HTTPAnswer {
    try await perform("POST", url, headers, body)
  }

  private func perform(
    _ method: String, _ url: String, _ headers: [String: String], _ body: Data?
  ) async throws -> HTTPAnswer {
    guard let address = URL(string: url) else { throw Failure("\(url) is no URL") }
    var request = URLRequest(url: address)
    (request.httpMethod, request.httpBody) = (method, body)
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, answer) = try await session.data(for: request)
    guard let answer = answer as? HTTPURLResponse else { throw Failure("\(url) is not HTTP") }
    return HTTPAnswer(status: answer.statusCode, body: data, response: answer)
  }
}

private final class NoRedirects: NSObject, URLSessionTaskDelegate, Sendable {
  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) { completionHandler(nil) }
}

struct HTTPAnswer {
  let status: Int
  let body: Data
  let response: HTTPURLResponse

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The page's one heading.
  var heading: String { text.between("<h1>", "</h1>") ?? "no heading" }

  func header(_ name: String) -> String? { response.value(forHTTPHeaderField: name) }
}

/// Rekey's internal listener, for the demo app.
struct RekeyOverHTTP: RekeyTransport {
  let base: String
  let http: HTTPClient

  func post(
    path: String, body: [UInt8], headers: [(String, String)]
  ) async throws -> RekeyAnswer {
    let answer = try await http.post(
      base + path, body: Data(body), headers: Dictionary(headers) { $1 })
    let fields = answer.response.allHeaderFields.map { ("\($0.key)", "\($0.value)") }
    return RekeyAnswer(status: answer.status, headers: fields, body: Array(answer.body))
  }
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
