internal import Formats

extension HTTPTransfer {
  /// Scheme, host and port, if the call may be made.
  ///
  /// - Throws: `.refused` with cause `method`, `header`, `timeout`, `ca_file`, `authentication`,
  ///   `payload_hash` or `url`.
  func validatedOrigin() throws(TransferError) -> String {
    guard (1...20).contains(method.utf8.count),
      method.utf8.allSatisfy({ UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 }),
      body.isEmpty || !["GET", "HEAD"].contains(method)
    else { throw TransferError(.refused, cause: "method") }
    guard headers.allSatisfy({ isUsable($0.name, $0.value) }) else {
      throw TransferError(.refused, cause: "header")
    }
    guard timeout.isUsableTimeout else { throw TransferError(.refused, cause: "timeout") }
    guard caFile?.utf8.contains(0) != true else {
      throw TransferError(.refused, cause: "ca_file")
    }
    try checkAuthentication()
    guard let origin = HTTPOrigin(url),
      origin.isSecure || allowPlainHTTP && origin.host.isThisMachine
    else { throw TransferError(.refused, cause: "url") }
    return origin.description
  }

  /// RFC 9110 section 5: a token, and a value without control characters. A line break would begin
  /// a header or request of an attacker's choice (CWE-113), a second length another (CWE-444).
  private func isUsable(_ name: String, _ value: String) -> Bool {
    let own = ["content-length", "transfer-encoding", "expect", "connection", "te", "upgrade"]
    let token = "!#$%&'*+-.^_`|~".utf8
    return (1...256).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0.isASCIIAlphanumeric || token.contains($0) }
      && !own.contains(name.asciiLowercased)
      && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
  }
}

/// Where a URL leads. It is read so strictly that libcurl cannot read it in another way.
struct HTTPOrigin: CustomStringConvertible {
  let isSecure: Bool
  let host: HostName
  private let port: UInt16

  /// Nil for anything but an absolute http or https URL of 1 to 8192 octets without user, password
  /// or fragment.
  init?(_ url: String) {
    guard url.utf8.count <= 8192, let parts = try? URLParts(url),
      ["http", "https"].contains(parts.scheme), parts.user == nil, parts.fragment == nil,
      let host = parts.host
    else { return nil }
    isSecure = parts.scheme == "https"
    self.host = host
    port = parts.port ?? (isSecure ? 443 : 80)
  }

  /// Equal for all that share a connection.
  var description: String {
    "\(isSecure ? "https" : "http")://\(host.bracketed.asciiLowercased):\(port)"
  }
}
