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

  /// A POST, which is never repeated within an attempt: whether a mail arrived whose call had no
  /// answer is for the schedule to wait out, also where the provider has a key for it.
  ///
  /// Some providers turn calls without User-Agent away. Amazon does not, and there it would be
  /// signed, although Amazon asks to leave out what is changed on the way.
  /// - Parameter payloadSHA256: for signed calls only.
  func post(
    _ path: String, type: String, headers: [(name: String, value: String)] = [],
    body: TransferBody, authentication: HTTPAuthentication? = nil, payloadSHA256: String? = nil
  ) -> HTTPTransfer {
    let agent = payloadSHA256 == nil ? [(name: "user-agent", value: "rekey")] : []
    return HTTPTransfer(
      method: "POST", url: origin.url + path,
      headers: [("content-type", type), ("accept", "application/json")] + agent + headers,
      body: body, timeout: timeout.duration, allowPlainHTTP: origin.isPlain,
      caFile: origin.caFile, authentication: authentication, payloadSHA256: payloadSHA256,
      mayReachPrivate: mayReachPrivate)
  }
}
