internal import CCurl

/// What the libcurl that is loaded calls itself.
public enum Libcurl {
  /// For example `7.88.1`.
  public static let version: String = {
    guard let text = unsafe ccurl_version() else { return "unknown" }
    return unsafe String(cString: text)
  }()

  /// Once per process and before anything else; a lazy global is thread-safe.
  static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// The cause if `code` is one of TLS.
func tlsCause(_ code: CURLcode) -> String? {
  switch code {
  case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
    "tls_verify"
  case CURLE_SSL_CACERT_BADFILE: "ca_file"
  case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM: "tls_failed"
  default: nil
  }
}
