internal import CCurl

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
