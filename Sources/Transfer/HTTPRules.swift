internal import CCurl

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
    guard let origin = HTTPOrigin(url), origin.isSecure || allowPlainHTTP && origin.isLoopback
    else { throw TransferError(.refused, cause: "url") }
    return origin.description
  }

  /// RFC 9110 section 5: a token, and a value without control characters. A line break would begin
  /// a header or request of an attacker's choice (CWE-113), a second length another (CWE-444).
  private func isUsable(_ name: String, _ value: String) -> Bool {
    let own = ["content-length", "transfer-encoding", "expect", "connection", "te", "upgrade"]
    let token = "!#$%&'*+-.^_`|~".utf8
    return (1...256).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0.isAlphanumeric || token.contains($0) }
      && !own.contains(lowercased(name))
      && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
  }
}

/// Where a URL leads, as libcurl reads it: the reading that decides is the one that is used.
struct HTTPOrigin: CustomStringConvertible {
  let isSecure: Bool
  let host: String
  let port: String

  /// Nil for anything but an absolute http or https URL in printable ASCII without user,
  /// password or fragment.
  init?(_ url: String) {
    guard (1...8192).contains(url.utf8.count), url.utf8.allSatisfy({ 0x21...0x7e ~= $0 }),
      let parsed = unsafe curl_url()
    else { return nil }
    defer { unsafe curl_url_cleanup(parsed) }
    guard unsafe curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK else { return nil }
    func part(_ what: CURLUPart, _ flags: Int32 = 0) -> String? {
      var text: UnsafeMutablePointer<CChar>?
      let code = unsafe curl_url_get(parsed, what, &text, UInt32(bitPattern: flags))
      guard code == CURLUE_OK, let text = unsafe text else { return nil }
      defer { unsafe curl_free(text) }
      return unsafe String(cString: text)
    }
    guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil,
      part(CURLUPART_FRAGMENT) == nil, let scheme = part(CURLUPART_SCHEME),
      ["http", "https"].contains(scheme), let host = part(CURLUPART_HOST), !host.isEmpty,
      let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT)
    else { return nil }
    isSecure = scheme == "https"
    self.host = lowercased(host)
    self.port = port
  }

  /// libcurl resolves `localhost` itself, and has no other spelling of these addresses left.
  var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let numbers = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return numbers.count == 4 && String(Substring(numbers[0])) == "127"
      && numbers.allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(\.isDigit) }
  }

  var description: String { "\(isSecure ? "https" : "http")://\(host):\(port)" }
}
