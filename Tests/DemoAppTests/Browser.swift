import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded

/// Walks through an app's pages as a browser would: keeps cookies, says where forms come from.
/// Requests go to the router; no socket is opened.
final class Browser<Responder: HTTPResponder>
where Responder.Context: RequestContext, Responder.Context.Source == ApplicationRequestContextSource
{
  struct Answer {
    let status: Int
    let headers: HTTPFields
    let body: String

    /// The text of the heading, as marked up.
    var heading: String { between("<h1>", "</h1>") ?? "" }

    /// The value of a field of a form on the page, as marked up.
    func value(of name: String) -> String? {
      between("name=\"\(name)\" value=\"", "\"")
    }

    func between(_ start: String, _ end: String) -> String? {
      guard let from = body.firstRange(of: start)?.upperBound,
        let to = body[from...].firstRange(of: end)?.lowerBound
      else { return nil }
      return String(body[from..<to])
    }
  }

  private let responder: Responder
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  var cookie: String?

  init(_ responder: Responder) { self.responder = responder }

  func get(_ path: String, headers: HTTPFields = [:]) async throws -> Answer {
    try await send(.get, path, headers)
  }

  /// Sends a form from a page of the app itself.
  func post(
    _ path: String, _ fields: [(String, String)], headers: HTTPFields = [:]
  ) async throws -> Answer {
    var headers = headers
    headers[.contentType] = "application/x-www-form-urlencoded"
    if headers.isFromNowhere { headers.set("Sec-Fetch-Site", "same-origin") }
    let body = fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    return try await send(.post, path, headers, body)
  }

  func send(
    _ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields = [:], _ body: String = ""
  ) async throws -> Answer {
    var headers = headers
    headers[.cookie] = cookie
    let request = Request(
      head: HTTPRequest(
        method: method, scheme: "http", authority: "app.test", path: path, headerFields: headers),
      body: RequestBody(buffer: ByteBuffer(string: body)))
    let channel = NIOAsyncTestingChannel()
    channel.remoteAddress = try SocketAddress(ipAddress: "203.0.113.7", port: 40_000)
    let context = Responder.Context(
      source: ApplicationRequestContextSource(channel: channel, logger: logger))
    return try await read(try await responder.respond(to: request, context: context))
  }

  private func read(_ response: Response) async throws -> Answer {
    if let set = response.headers[.setCookie] {
      let pair = String(set.prefix { $0 != ";" })
      cookie = pair.hasSuffix("=") ? nil : pair
    }
    let body = Collector()
    try await response.body.write(body)
    return Answer(status: response.status.code, headers: response.headers, body: body.text)
  }

  private func encode(_ text: String) -> String {
    text.utf8.map { byte in
      let isPlain = "abcdefghijklmnopqrstuvwxyz0123456789".utf8.contains(byte)
      let digits = String(byte, radix: 16)
      return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
    }.joined()
  }
}

private final class Collector: ResponseBodyWriter {
  var text = ""

  func write(_ buffer: ByteBuffer) async throws { text += String(buffer: buffer) }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension HTTPFields {
  /// Adds a field of a name that has no constant.
  mutating func set(_ name: String, _ value: String) {
    if let name = HTTPField.Name(name) { self[name] = value }
  }

  func value(_ name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }

  /// No field says where the request comes from.
  var isFromNowhere: Bool { value("Sec-Fetch-Site") == nil && value("Origin") == nil }
}
