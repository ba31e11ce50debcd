internal import CCurl
internal import Glibc

/// One connection to a mail server. libcurl looks the name up, connects, greets, starts TLS and
/// authenticates, and then carries bytes.
///
/// The mail transaction is not left to libcurl: after the final dot it waits for the answer inside
/// curl_multi_perform (its documentation lists this under BLOCKING), so one slow server would hold
/// up all other transfers. A multi handle of its own keeps libcurl from taking the connection for
/// an idle one.
final class SMTPLink {
  enum Opened {
    case pending
    case open(SMTPExtensions)
    case failed(SMTPFailure)
  }

  enum Sent { case bytes(Int), blocked, broken }
  enum Received { case bytes, blocked, broken }

  private let easy: EasyHandle
  private let multi: MultiHandle
  private let opening = SMTPOpening()
  private let endpoint: SMTPEndpoint
  private(set) var descriptor: Int32?

  /// For the name, TCP, and TLS where it is implicit.
  static let connectTimeout: Duration = .seconds(10)

  init(_ endpoint: SMTPEndpoint, timeout: Duration) throws(SMTPEndpoint.Obstacle) {
    guard let easy = EasyHandle(), let multi = MultiHandle(), let url = endpoint.url else {
      throw .local
    }
    self.easy = easy
    self.multi = multi
    self.endpoint = endpoint
    easy.setCommonOptions(timeout: timeout, caFile: endpoint.caFile)
    // libcurl's limits hold for all of the opening; each step has its own, in `SMTPConnection`.
    easy.set(CURLOPT_CONNECTTIMEOUT_MS, timeout.wholeMilliseconds)
    easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout.wholeMilliseconds / 1000 + 1)
    easy.set(CURLOPT_URL, url)
    easy.setProtocols("smtp,smtps", CURLPROTO_SMTP | CURLPROTO_SMTPS)
    let protection = endpoint.tls == .none ? CURLUSESSL_NONE : CURLUSESSL_ALL
    easy.set(CURLOPT_USE_SSL, Int(protection.rawValue))
    easy.set(CURLOPT_CONNECT_ONLY, true)
    try endpoint.setLogin(easy)
    opening.watch(multi, easy)
    guard easy.isConfigured, multi.add(easy) else { throw .local }
  }

  /// What to wait for while the connection is being opened.
  var sockets: [(descriptor: Int32, events: Int32)] { opening.sockets }
  var timer: ContinuousClock.Instant? { opening.timer }

  /// Goes on with opening after a wait; `ready` are the sockets with their CURL_CSELECT bits.
  func open(
    _ ready: [(descriptor: Int32, events: Int32)], _ now: ContinuousClock.Instant
  ) -> Opened {
    for socket in ready { multi.act(on: socket.descriptor, events: socket.events) }
    if opening.timerIsDue(now) { multi.act(on: CURL_SOCKET_BAD, events: 0) }
    guard let ended = multi.nextEnded() else { return .pending }
    guard ended.code == CURLE_OK else { return .failed(failure(ended.code)) }
    if endpoint.credentials != nil, opening.stage != .auth {
      return .failed(SMTPFailure(stage: .auth, cause: "auth_not_offered"))
    }
    guard let socket = easy.activeSocket else { return .failed(failure(CURLE_RECV_ERROR)) }
    descriptor = socket
    return .open(opening.reply?.extensions ?? [])
  }

  /// Why the connection did not open in time.
  var timeout: SMTPFailure { failure(CURLE_OPERATION_TIMEDOUT) }

  func interruption(_ cause: String) -> SMTPFailure { SMTPFailure(stage: stage, cause: cause) }

  func send(_ bytes: ArraySlice<UInt8>) -> Sent {
    var count = 0
    let code = unsafe bytes.withUnsafeBytes { bytes in
      unsafe curl_easy_send(easy.pointer, bytes.baseAddress, bytes.count, &count)
    }
    return code == CURLE_OK ? .bytes(count) : code == CURLE_AGAIN ? .blocked : .broken
  }

  /// Hands over what has arrived, at most 4 KiB at a time.
  func receive(_ take: (UnsafeRawBufferPointer) -> Void) -> Received {
    unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      var count = 0
      let code = unsafe curl_easy_recv(easy.pointer, buffer.baseAddress, buffer.count, &count)
      if code == CURLE_AGAIN { return .blocked }
      guard code == CURLE_OK, count > 0 else { return .broken }
      unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return .bytes
    }
  }

  /// Says goodbye if asked to, and closes. With the socket shut down, nothing that libcurl still
  /// says to the server can wait for an answer.
  func close(politely: Bool) {
    if politely { _ = send(Array("QUIT\r\n".utf8)[...]) }
    if let descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
    descriptor = nil
    multi.remove(easy)
  }

  /// What the server is doing while the connection is being opened.
  var stage: SMTPFailure.Stage {
    if let stage = opening.stage { return stage }
    let milestone =
      endpoint.tls == .implicit ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T
    return easy.offset(milestone) > 0 ? .greeting : .connect
  }

  private func failure(_ code: CURLcode) -> SMTPFailure {
    if let fault = opening.fault { return SMTPFailure(stage: stage, cause: fault.rawValue) }
    // AUTH is offered, but not the mechanism that was asked for.
    if code == CURLE_LOGIN_DENIED, opening.stage != .auth {
      return SMTPFailure(stage: .auth, cause: "auth_not_offered")
    }
    let cause = self.cause(code)
    let reply = opening.reply.flatMap { $0.isFailure && cause != "timeout" ? $0 : nil }
    return SMTPFailure(
      stage: stage, replyCode: reply?.code, enhancedStatus: reply?.enhancedStatus,
      cause: reply.map { stage == .auth ? cause : "reply_\($0.code)" } ?? cause)
  }

  private func cause(_ code: CURLcode) -> String {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: "dns"
    case CURLE_COULDNT_CONNECT:
      easy.number(CURLINFO_OS_ERRNO) == Int(ECONNREFUSED) ? "connect_refused" : "connect_failed"
    case CURLE_OPERATION_TIMEDOUT: "timeout"
    case CURLE_USE_SSL_FAILED: "tls_not_offered"
    case CURLE_LOGIN_DENIED: "auth_failed"
    case CURLE_WEIRD_SERVER_REPLY, CURLE_REMOTE_ACCESS_DENIED: "bad_reply"
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: "connection_lost"
    default: tlsCause(code) ?? "local"
    }
  }
}
