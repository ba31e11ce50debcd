internal import PasswordReset
internal import Transfer

/// Where and how an HTTP API is called.
struct APIEndpoint: Sendable {
  private let origin: APIOrigin
  private let timeout: WholeDuration
  private let mayReachPrivate: Bool

  init(_ origin: APIOrigin, timeout: WholeDuration, mayReachPrivate: Bool) {
    self.origin = origin
    self.timeout = timeout
    self.mayReachPrivate = mayReachPrivate
  }

  /// A POST. Some providers turn calls without User-Agent away.
  func post(
    _ path: String, type: String, headers: [(name: String, value: String)] = [],
    body: TransferBody, authentication: HTTPAuthentication? = nil, payloadSHA256: String? = nil,
    isRepeatable: Bool = false
  ) -> HTTPTransfer {
    HTTPTransfer(
      method: "POST", url: origin.url + path,
      headers: [
        ("content-type", type), ("accept", "application/json"), ("user-agent", "rekey"),
      ] + headers, body: body, timeout: timeout.duration, allowPlainHTTP: origin.isPlain,
      caFile: origin.caFile, authentication: authentication, payloadSHA256: payloadSHA256,
      isRepeatable: isRepeatable, mayReachPrivate: mayReachPrivate)
  }
}
