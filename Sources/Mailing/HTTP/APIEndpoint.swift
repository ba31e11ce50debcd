internal import Formats
internal import PasswordReset
internal import Transfer

/// Where an HTTP API is, and how it is called.
struct APIEndpoint: Sendable {
  let timeout: WholeDuration
  /// Host and port.
  private let place: String
  private let isPlain: Bool
  private let caFile: String?

  /// - Parameter usualHost: where the provider's own API is; nil where the URL has to say it.
  init(_ url: ProviderURL, usualHost: String?) throws(MailingError) {
    guard let host = url.host ?? usualHost.flatMap({ HostName($0) }) else {
      throw .transportURL(problem: "the host is no name or address")
    }
    place = host.bracketed + (url.port.map { ":\($0)" } ?? "")
    timeout = url.options.timeout(or: WholeDuration(seconds: 30))
    isPlain = url.options.wantsTLS == false
    caFile = url.options[.ca]
    guard !isPlain || host.isThisMachine else {
      throw .transportURL(problem: "tls=none goes only with a host that is this machine")
    }
    guard !isPlain || caFile == nil else {
      throw .transportURL(problem: "ca is of no use without TLS")
    }
  }

  var description: String { "\(place)\(isPlain ? "?tls=none" : "")" }

  /// A POST, which is never repeated within an attempt: whether a mail arrived whose call had no
  /// answer is for the schedule to wait out, also where the provider has a key for it.
  ///
  /// Some providers turn calls without User-Agent away. Amazon does not, and there it would be
  /// signed, although Amazon asks to leave out what is changed on the way.
  /// It reaches public addresses only, unless its transport says more.
  /// - Parameter payloadSHA256: for signed calls only.
  func post(
    _ path: String, type: String, headers: [(name: String, value: String)] = [],
    body: TransferBody, authentication: HTTPAuthentication? = nil, payloadSHA256: String? = nil
  ) -> HTTPTransfer {
    let agent = payloadSHA256 == nil ? [(name: "user-agent", value: "rekey")] : []
    return HTTPTransfer(
      method: "POST", url: "\(isPlain ? "http" : "https")://\(place)\(path)",
      headers: [("content-type", type), ("accept", "application/json")] + agent + headers,
      body: body, timeout: timeout.duration, allowPlainHTTP: isPlain, caFile: caFile,
      authentication: authentication, payloadSHA256: payloadSHA256, mayReachPrivate: false)
  }
}
