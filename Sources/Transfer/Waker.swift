internal import CCurl

/// Ends the wait of a loop from any thread.
// Unchecked because it holds a pointer: curl_multi_wakeup is the one call of the multi interface
// that libcurl allows on any thread, and `Intake` forgets the waker before the handle is freed.
@safe struct Waker: @unchecked Sendable {
  private let pointer: UnsafeMutableRawPointer

  init(_ multi: MultiHandle) {
    unsafe pointer = unsafe multi.pointer
  }

  func wakeUp() {
    _ = unsafe curl_multi_wakeup(pointer)
  }
}
