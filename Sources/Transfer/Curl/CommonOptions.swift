internal import CCurl

extension EasyHandle {
  /// What holds for every transfer: nothing is taken from the environment or a file of the user,
  /// no other host is contacted, and TLS is 1.2 or newer with a verified peer.
  func setCommonOptions(timeout: Duration, caFile: String?) {
    let milliseconds = timeout.wholeMilliseconds
    set(CURLOPT_NOSIGNAL, true)
    set(CURLOPT_CONNECTTIMEOUT_MS, min(10_000, milliseconds))
    set(CURLOPT_TIMEOUT_MS, milliseconds)
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NETRC, 0)
    set(CURLOPT_FOLLOWLOCATION, false)
    set(CURLOPT_AUTOREFERER, false)
    set(CURLOPT_SSL_VERIFYPEER, true)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    set(CURLOPT_TCP_KEEPALIVE, true)
    set(CURLOPT_TCP_NODELAY, true)
    if let caFile { set(CURLOPT_CAINFO, caFile) }
    setQuickExit()
  }
}

extension Duration {
  /// More than zero and at most 24 hours.
  var isUsableTimeout: Bool { self > .zero && self <= .seconds(86_400) }

  /// Rounded up, so a short time never becomes none.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    return Int(clamping: seconds) &* 1000 &+ Int(clamping: fraction)
  }
}
