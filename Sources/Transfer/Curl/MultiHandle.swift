internal import CCurl

/// Owns one multi handle. Not Sendable: it lives and dies on the thread of its loop.
@safe final class MultiHandle {
  let pointer: UnsafeMutableRawPointer
  private var contexts: [AnyObject] = []

  init?() {
    guard Libcurl.isReady, let pointer = unsafe curl_multi_init() else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe curl_multi_cleanup(pointer) }

  func set(_ option: CURLMoption, _ value: Int) {
    _ = unsafe ccurl_multi_set_long(pointer, option, value)
  }

  /// Reports sockets and timers to callbacks and keeps their `context` alive as long as these can
  /// be called.
  func setCallbacks(
    context: AnyObject, socket: ccurl_socket_callback, timer: ccurl_timer_callback
  ) {
    contexts.append(context)
    let pointerToContext = unsafe Unmanaged.passUnretained(context).toOpaque()
    _ = unsafe ccurl_multi_set_socket_callback(pointer, socket)
    _ = unsafe ccurl_multi_set_context(pointer, CURLMOPT_SOCKETDATA, pointerToContext)
    _ = unsafe ccurl_multi_set_timer_callback(pointer, timer)
    _ = unsafe ccurl_multi_set_context(pointer, CURLMOPT_TIMERDATA, pointerToContext)
  }

  func add(_ easy: EasyHandle) -> Bool {
    unsafe curl_multi_add_handle(pointer, easy.pointer) == CURLM_OK
  }

  func remove(_ easy: EasyHandle) {
    _ = unsafe curl_multi_remove_handle(pointer, easy.pointer)
  }

  func perform() {
    var running: Int32 = 0
    _ = unsafe curl_multi_perform(pointer, &running)
  }

  /// Waits until one of `descriptors` or of the handle's own sockets is ready, until `wakeUp` or
  /// for `milliseconds`.
  func poll(_ descriptors: inout [curl_waitfd], milliseconds: Int32) {
    let count = UInt32(clamping: descriptors.count)
    unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
      _ = unsafe curl_multi_poll(pointer, buffer.baseAddress, count, milliseconds, nil)
    }
  }

  func act(on socket: Int32, events: Int32) {
    var running: Int32 = 0
    _ = unsafe curl_multi_socket_action(pointer, socket, events, &running)
  }

  /// The next transfer that has ended, with the address of its easy handle to tell it by.
  func nextEnded() -> (easy: UInt, code: CURLcode)? {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(pointer, &left) {
      if unsafe message.pointee.msg == CURLMSG_DONE {
        return unsafe (UInt(bitPattern: message.pointee.easy_handle), message.pointee.data.result)
      }
    }
    return nil
  }
}

extension EasyHandle {
  var address: UInt { unsafe UInt(bitPattern: pointer) }
}

/// Ends the wait of a loop from any thread.
// Unchecked because it holds a pointer: curl_multi_wakeup is the one call of the multi interface
// that libcurl allows on any thread, and `SubmissionQueue` forgets the waker before the handle is freed.
@safe struct Waker: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer

  init(_ multi: MultiHandle) {
    unsafe pointer = unsafe multi.pointer
  }

  func wakeUp() {
    _ = unsafe curl_multi_wakeup(pointer)
  }
}

extension curl_waitfd {
  init(_ descriptor: Int32, _ events: Int32) {
    self.init(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
  }

  var isReady: Bool { revents != 0 }

  /// What happened, in the bits of curl_multi_socket_action.
  var selectBits: Int32 {
    let bits = Int32(revents)
    var events: Int32 = 0
    if bits & CURL_WAIT_POLLIN != 0 { events |= CURL_CSELECT_IN }
    if bits & CURL_WAIT_POLLOUT != 0 { events |= CURL_CSELECT_OUT }
    return events == 0 ? CURL_CSELECT_ERR : events
  }
}
