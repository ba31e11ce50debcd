internal import CCurl
internal import Formats

/// What libcurl reports while it opens a connection: sockets and a timer to wait for, the commands
/// it sends and the replies it gets.
final class SMTPOpening {
  private(set) var sockets: [(descriptor: Int32, events: Int32)] = []
  private(set) var timer: ContinuousClock.Instant?
  private(set) var stage: SMTPFailure.Stage?
  private(set) var reply: SMTPReply?
  private(set) var fault: SMTPReplyReader.Fault?
  private var reader = SMTPReplyReader()

  /// Has libcurl report to this object.
  func watch(_ multi: MultiHandle, _ easy: EasyHandle) {
    unsafe multi.setCallbacks(context: self, socket: onSocket, timer: onTimer)
    unsafe easy.set(CURLOPT_HEADERFUNCTION, callback: onReply)
    easy.set(CURLOPT_HEADERDATA, context: self)
    unsafe easy.setDebugCallback(onDebug)
    easy.set(CURLOPT_DEBUGDATA, context: self)
    easy.set(CURLOPT_VERBOSE, true)
  }

  func timerIsDue(_ now: ContinuousClock.Instant) -> Bool {
    guard let timer, timer <= now else { return false }
    self.timer = nil
    return true
  }

  fileprivate func setEvents(_ events: Int32, of descriptor: Int32) {
    sockets.removeAll { $0.descriptor == descriptor }
    if events != 0 { sockets.append((descriptor, events)) }
  }

  fileprivate func setTimer(_ milliseconds: Int) {
    timer = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
  }

  /// The lines of an authentication exchange have no verb, and are not looked at.
  fileprivate func sent(_ command: UnsafeRawBufferPointer) {
    guard stage != .auth else { return }
    let verb = unsafe command.prefix { $0 > 0x20 }.prefix(9).map(\.asciiLowercased)
    switch String(decoding: verb, as: UTF8.self) {
    case "ehlo", "helo": stage = .ehlo
    case "starttls": stage = .starttls
    case "auth": stage = .auth
    default: break
    }
  }

  /// False ends the connection.
  fileprivate func received(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if stage == nil { stage = .greeting }
    do throws(SMTPReplyReader.Fault) {
      for byte in unsafe Array(bytes) {
        if let reply = try reader.read(byte) { accept(reply) }
      }
      return true
    } catch {
      fault = error
      return false
    }
  }

  /// Extensions announced before TLS do not count after it (RFC 3207 section 4.2).
  private func accept(_ reply: SMTPReply) {
    var reply = reply
    if stage == .auth, let announced = self.reply?.extensions { reply.extensions = announced }
    self.reply = reply
  }
}

private func opening(_ context: UnsafeMutableRawPointer?) -> SMTPOpening? {
  guard let context = unsafe context else { return nil }
  return unsafe Unmanaged<SMTPOpening>.fromOpaque(context).takeUnretainedValue()
}

private let onSocket: ccurl_socket_callback = { _, socket, what, context, _ in
  let events: Int32 =
    switch what {
    case CURL_POLL_IN: CURL_WAIT_POLLIN
    case CURL_POLL_OUT: CURL_WAIT_POLLOUT
    case CURL_POLL_INOUT: CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT
    default: 0
    }
  unsafe opening(context)?.setEvents(events, of: socket)
  return 0
}

private let onTimer: ccurl_timer_callback = { _, milliseconds, context in
  unsafe opening(context)?.setTimer(milliseconds)
  return 0
}

private let onReply: ccurl_write_callback = { bytes, size, count, context in
  let lines = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
  return unsafe opening(context)?.received(lines) == true ? lines.count : 0
}

private let onDebug: ccurl_debug_callback = { _, kind, bytes, count, context in
  if kind == CURLINFO_HEADER_OUT {
    unsafe opening(context)?.sent(UnsafeRawBufferPointer(start: bytes, count: count))
  }
  return 0
}
