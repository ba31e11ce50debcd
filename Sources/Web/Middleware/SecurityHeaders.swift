import HTTPTypes
import Hummingbird

/// The headers that every answer has, on which listener and with which status whatever
/// (OWASP HTTP Headers Cheat Sheet; ASVS 3.4.x).
struct SecurityHeaders: Sendable {
  enum Audience: Sendable {
    case `internal`
    /// - Parameter isSecure: the public URL is https, so browsers may be held to it.
    case `public`(isSecure: Bool)
  }

  let fields: [(HTTPField.Name, String)]

  init(for audience: Audience) {
    var fields: [(String, String)] = [
      ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]
    if case .public(let isSecure) = audience {
      fields += [
        ("Referrer-Policy", "no-referrer"), ("X-Frame-Options", "DENY"),
        ("X-Robots-Tag", "noindex"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        (
          "Content-Security-Policy",
          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
      ]
      if isSecure {
        fields.append(("Strict-Transport-Security", "max-age=63072000; includeSubDomains"))
      }
    }
    self.fields = fields.compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
  }

  /// What a page has set itself, such as a wider policy for its one style, stays.
  func apply(to response: inout Response) {
    for (name, value) in fields where response.headers[name] == nil {
      response.headers[name] = value
    }
  }
}
