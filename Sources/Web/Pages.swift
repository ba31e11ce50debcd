import Formats
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import PasswordReset

/// The pages that people see: rendered from `templates/pages/<locale>`, without script, cookie or
/// anything from elsewhere.
public struct Pages: Sendable {
  private let library: MustacheLibrary
  private let contentSecurityPolicy: String

  private static let names = ["dead", "unknown", "on_its_way", "limited", "problem"]

  /// Why the pages cannot be used: names the template.
  public struct Problem: Error, Sendable, CustomStringConvertible {
    public let description: String
  }

  /// - Parameters:
  ///   - files: path below `templates/pages` to content; nil for the embedded ones.
  ///   - sha256: for the Content-Security-Policy, which allows exactly the one style there is.
  public init(
    files: [String: String]? = nil, sha256: ([UInt8]) -> [UInt8]
  ) throws(Pages.Problem) {
    let files = files ?? EmbeddedFiles.contents
    var templates: [String: MustacheTemplate] = [:]
    for name in Self.names + ["layout"] {
      let path = "en/\(name).mustache"
      guard let text = files[path] else { throw Problem(description: "\(path) is missing") }
      do {
        // Mustache's own escaping goes by Characters; it is off, and values come escaped.
        templates[name] = try MustacheTemplate(string: "{{%CONTENT_TYPE:TEXT}}\n" + text)
      } catch { throw Problem(description: "\(path) is not a mustache template") }
    }
    library = MustacheLibrary(templates: templates)
    guard let style = Self.style(in: files["en/layout.mustache"] ?? "") else {
      throw Problem(description: "en/layout.mustache must have exactly one <style>")
    }
    contentSecurityPolicy =
      "default-src 'none'; style-src 'sha256-\(Base64.encode(sha256(style)))'; form-action 'self'; "
      + "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
  }

  private static func style(in text: String) -> [UInt8]? {
    let (open, close) = (Array("<style>".utf8), Array("</style>".utf8))
    let bytes = Array(text.utf8)
    let starts = bytes.indices.filter { bytes[$0...].starts(with: open) }
    guard starts.count == 1, let start = starts.first,
      let end = bytes.indices.first(where: { $0 > start && bytes[$0...].starts(with: close) })
    else { return nil }
    return Array(bytes[(start + open.count)..<end])
  }
}

extension Pages {
  /// One page for everything that was not made here, so that guesses learn nothing.
  var unknown: Response { page(.notFound, "unknown", [:]) }

  var onItsWay: Response { page(.accepted, "on_its_way", [:]) }

  /// - Parameter token: stands in the form that asks for a new mail; nil where that cannot work.
  func dead(_ refusal: TokenRefusal, token: String?, brand: String?) -> Response {
    var values: [String: Any] = [:]
    values["token"] = token?.htmlEscaped
    values["brand"] = brand?.htmlEscaped
    switch refusal {
    case .invalid: return unknown
    case .used(let at): values["used"] = ["at": at.readable]
    case .revoked(let at): values["revoked"] = ["at": at.readable]
    case .replaced(let at): values["replaced"] = ["at": at.readable]
    case .expired: values["expired"] = true
    }
    return page(.gone, "dead", values)
  }

  func problem(_ problem: Web.Problem) -> Response {
    if problem.status == 404 { return unknown }
    var response: Response
    if problem.status == 429 {
      let minutes = ((problem.retryAfter ?? 60) + 59) / 60
      response = page(.tooManyRequests, "limited", ["minutes": minutes, "one": minutes == 1])
    } else {
      response = page(
        .init(code: problem.status), "problem", ["unavailable": problem.status == 503])
    }
    if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    if let allow = problem.allow { response.headers[.allow] = allow }
    if problem.closesConnection { response.headers[.connection] = "close" }
    return response
  }

  private func page(
    _ status: HTTPResponse.Status, _ name: String, _ values: [String: Any]
  ) -> Response {
    let text = library.render(values, withTemplate: name) ?? ""
    var response = Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
    response.headers[.contentSecurityPolicy] = contentSecurityPolicy
    return response
  }
}

extension Timestamp {
  /// For people: `21 November 2026 at 10:42 UTC`.
  fileprivate var readable: String {
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ]
    let date = civilDate
    let (hours, minutes) = (secondsOfDay / 3600, secondsOfDay / 60 % 60)
    let clock = [hours, minutes].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    return "\(date.day) \(months[Int(date.month - 1)]) \(date.year) at \(clock) UTC"
  }
}
