internal import CCurl

/// Owns one easy handle. Not Sendable: it lives and dies on the thread of its loop.
@safe final class EasyHandle {
  let pointer: UnsafeMutableRawPointer
  private var list: UnsafeMutablePointer<curl_slist>?
  private var isIntact = true
  private var contexts: [AnyObject] = []

  init?() {
    guard Libcurl.isReady, let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit {
    unsafe curl_easy_cleanup(pointer)
    unsafe curl_slist_free_all(list)
  }

  /// Forgets every option; live connections, names and TLS sessions stay.
  func reset() {
    unsafe curl_easy_reset(pointer)
    freeList()
    contexts = []
    isIntact = true
  }

  /// Whether libcurl has accepted every option since the last reset. An option that does not take
  /// effect can be a missing protection, so a handle that is not intact must not be used.
  var isConfigured: Bool { isIntact }

  func set(_ option: CURLoption, _ value: Int) {
    note(unsafe ccurl_set_long(pointer, option, value))
  }

  func set(_ option: CURLoption, _ value: Bool) {
    set(option, value ? 1 : 0)
  }

  func set(_ option: CURLoption, _ value: String) {
    note(unsafe ccurl_set_text(pointer, option, value))
  }

  func set(_ option: CURLoption, offset: Int64) {
    note(unsafe ccurl_set_offset(pointer, option, curl_off_t(offset)))
  }

  func setHeaders(_ lines: [String]) {
    freeList()
    for line in lines {
      guard let longer = unsafe curl_slist_append(list, line) else {
        isIntact = false
        return
      }
      unsafe list = unsafe longer
    }
    note(unsafe ccurl_set_list(pointer, CURLOPT_HTTPHEADER, list))
  }

  /// Keeps `context` alive as long as a callback can be called with it.
  func set(_ option: CURLoption, context: AnyObject) {
    contexts.append(context)
    note(
      unsafe ccurl_set_context(pointer, option, Unmanaged.passUnretained(context).toOpaque()))
  }

  func set(_ option: CURLoption, callback: ccurl_write_callback) {
    note(unsafe ccurl_set_write_callback(pointer, option, callback))
  }

  func setReadCallback(_ callback: ccurl_read_callback) {
    note(unsafe ccurl_set_read_callback(pointer, callback))
  }

  func setSeekCallback(_ callback: ccurl_seek_callback) {
    note(unsafe ccurl_set_seek_callback(pointer, callback))
  }

  func setPrerequestCallback(_ callback: ccurl_prerequest_callback) {
    note(unsafe ccurl_set_prerequest_callback(pointer, callback))
  }

  func setOpenSocketCallback(_ callback: ccurl_open_socket_callback) {
    note(unsafe ccurl_set_open_socket_callback(pointer, callback))
  }

  func setDebugCallback(_ callback: ccurl_debug_callback) {
    note(unsafe ccurl_set_debug_callback(pointer, callback))
  }

  func setProtocols(_ names: String, _ bits: Int32) {
    note(unsafe ccurl_set_protocols(pointer, names, Int(bits)))
  }

  func setQuickExit() {
    note(unsafe ccurl_set_quick_exit(pointer))
  }

  func number(_ info: CURLINFO) -> Int {
    var value = 0
    return unsafe ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
  }

  func offset(_ info: CURLINFO) -> Int64 {
    var value: curl_off_t = 0
    return unsafe ccurl_get_offset(pointer, info, &value) == CURLE_OK ? Int64(value) : 0
  }

  var activeSocket: Int32? {
    var value: Int32 = -1
    guard unsafe ccurl_get_socket(pointer, &value) == CURLE_OK, value >= 0 else { return nil }
    return value
  }

  private func note(_ code: CURLcode) {
    if code != CURLE_OK { isIntact = false }
  }

  private func freeList() {
    unsafe curl_slist_free_all(list)
    unsafe list = nil
  }
}
