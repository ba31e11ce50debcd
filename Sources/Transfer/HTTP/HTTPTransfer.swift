/// One HTTP/1.1 request.
public struct HTTPTransfer: Sendable {
  /// A token (RFC 9110 section 9.1), for example `POST`; 1 to 20 upper-case letters.
  public var method: String
  /// An absolute `https` URL in ASCII without user and password; never followed elsewhere.
  public var url: String
  /// Length, framing and `Expect` are set by the loop and refused here.
  public var headers: [(name: String, value: String)]
  /// Sent with every method but GET and HEAD, which must have none. A file that is missing or has
  /// another size than told is `.interrupted` with cause `file_missing` or `file_changed`; the
  /// server never gets the whole request.
  public var body: TransferBody
  /// More than zero, at most 24 hours, counted from when the call leaves the queue.
  public var timeout: Duration
  /// Head and body of the answer together.
  public var maxAnswerBytes: Int
  /// Permits `http` if the host is `localhost`, `127.0.0.0/8` or `::1`.
  public var allowPlainHTTP: Bool
  /// A PEM file of the authorities to trust instead of the system's.
  public var caFile: String?

  /// Who asks; nil where a header says so or nobody need know.
  public var authentication: HTTPAuthentication?
  /// SHA-256 of the body in 64 lower-case hexadecimal digits, which `awsSigV4` needs.
  public var payloadSHA256: String?
  /// Whether the call may reach the server twice. Only then may it be repeated after a kept
  /// connection turned out to be dead and some of the body was already handed to it; not every
  /// such end is one that libcurl repeats after. GET and HEAD always may (RFC 9110 section 9.2.2).
  public var isRepeatable: Bool
  /// False refuses loopback, link-local, private and other addresses that are not of the public
  /// Internet, whatever name led there: `.refused` with cause `private_target`.
  public var mayReachPrivate: Bool

  public init(
    method: String, url: String, headers: [(name: String, value: String)] = [],
    body: TransferBody = TransferBody([UInt8]()), timeout: Duration,
    maxAnswerBytes: Int = 64 * 1024, allowPlainHTTP: Bool = false, caFile: String? = nil,
    authentication: HTTPAuthentication? = nil, payloadSHA256: String? = nil,
    isRepeatable: Bool = false, mayReachPrivate: Bool = true
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maxAnswerBytes = maxAnswerBytes
    self.allowPlainHTTP = allowPlainHTTP
    self.caFile = caFile
    self.authentication = authentication
    self.payloadSHA256 = payloadSHA256
    self.isRepeatable = isRepeatable
    self.mayReachPrivate = mayReachPrivate
  }

  /// A request whose body is in memory.
  public init(
    method: String, url: String, headers: [(name: String, value: String)] = [], body: [UInt8],
    timeout: Duration, maxAnswerBytes: Int = 64 * 1024, allowPlainHTTP: Bool = false,
    caFile: String? = nil, authentication: HTTPAuthentication? = nil,
    payloadSHA256: String? = nil, isRepeatable: Bool = false, mayReachPrivate: Bool = true
  ) {
    self.init(
      method: method, url: url, headers: headers, body: TransferBody(body), timeout: timeout,
      maxAnswerBytes: maxAnswerBytes, allowPlainHTTP: allowPlainHTTP, caFile: caFile,
      authentication: authentication, payloadSHA256: payloadSHA256, isRepeatable: isRepeatable,
      mayReachPrivate: mayReachPrivate)
  }
}

/// What the server answered, whatever the status.
public struct HTTPAnswer: Sendable {
  public let status: Int
  /// In the order received, names in lower case; bytes that are not UTF-8 are replaced.
  public let headers: [(name: String, value: String)]
  public let body: [UInt8]

  /// The first header of that name, given in lower case.
  public func header(_ name: String) -> String? {
    headers.first { $0.name == name }?.value
  }
}
