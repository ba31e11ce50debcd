/// What links begin with: a `WebURL` without query and fragment, and without empty parts in its path.
public struct BaseURL: Sendable, Hashable {
  public let url: WebURL
  /// Scheme and host in lower case, without a slash at its end.
  public let text: String

  public init(_ text: String) throws(WebURL.Problem) {
    url = try WebURL(target: text)
    guard url.query == nil else { throw WebURL.Problem(description: "must not have a query") }
    guard !url.path.contains("//") else {
      throw WebURL.Problem(description: "must not have // in its path")
    }
    let path = url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    let port = url.port.map { ":\($0)" } ?? ""
    self.text =
      (url.isSecure ? "https" : "http") + "://\(url.host.bracketed.asciiLowercased)\(port)\(path)"
  }
}

extension WebURL {
  /// Where something is sent to: there a fragment would go unseen.
  public init(target text: String) throws(Problem) {
    self = try WebURL(text)
    guard fragment == nil else { throw Problem(description: "must not have a fragment") }
  }
}
