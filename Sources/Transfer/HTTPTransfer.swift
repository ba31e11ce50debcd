/// One HTTP/1.1 request.
public struct HTTPTransfer: Sendable {
  /// A token (RFC 9110 section 9.1), for example `POST`; 1 to 20 upper-case letters.
  public var method: String
  /// An absolute `https` URL in ASCII without user and password; never followed elsewhere.
  public var url: String
  /// Length, framing and `Expect` are set by the loop and refused here.
  public var headers: [(name: String, value: String)]
  /// Sent with every method but GET and HEAD, which must have none.
  public var body: [UInt8]
  /// More than zero, at most 24 hours, counted from when the call leaves the queue.
  public var timeout: Duration
  /// Head and body of the answer together.
  public var maxAnswerBytes: Int
  /// Permits `http` if the host is `localhost`, `127.0.0.0/8` or `::1`.
  public var allowPlainHTTP: Bool
  /// A PEM file of the authorities to trust instead of the system's.
  public var caFile: String?

  public init(
    method: String, url: String, headers: [(name: String, value: String)] = [],
    body: [UInt8] = [], timeout: Duration, maxAnswerBytes: Int = 64 * 1024,
    allowPlainHTTP: Bool = false, caFile: String? = nil
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeout = timeout
    self.maxAnswerBytes = maxAnswerBytes
    self.allowPlainHTTP = allowPlainHTTP
    self.caFile = caFile
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
