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
