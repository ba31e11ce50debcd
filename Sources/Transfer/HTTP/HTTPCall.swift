internal import CCurl

/// One call on an easy handle.
final class HTTPCall {
  let job: HTTPJob
  let easy: EasyHandle
  private let reception: HTTPReception
  private let sending: HTTPSending

  /// Nil if libcurl does not accept an option.
  init?(_ job: HTTPJob, _ easy: EasyHandle, idleLifetime: Duration) {
    self.job = job
    self.easy = easy
    reception = HTTPReception(limit: job.call.maxAnswerBytes)
    sending = HTTPSending(job.call)
    easy.reset()
    easy.setCommonOptions(timeout: job.call.timeout, caFile: job.call.caFile)
    easy.setProtocols(
      job.call.allowPlainHTTP ? "http,https" : "https",
      CURLPROTO_HTTPS | (job.call.allowPlainHTTP ? CURLPROTO_HTTP : 0))
    easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    easy.set(CURLOPT_MAXAGE_CONN, Int(clamping: idleLifetime.components.seconds))
    setRequest()
    easy.setAuthentication(job.call.authentication)
    sending.watch(easy)
    reception.watch(easy)
    guard easy.isConfigured else { return nil }
  }

  private func setRequest() {
    let call = job.call
    easy.set(CURLOPT_URL, call.url)
    switch call.method {
    case "GET": easy.set(CURLOPT_HTTPGET, true)
    case "HEAD": easy.set(CURLOPT_NOBODY, true)
    default:
      easy.set(CURLOPT_POST, true)
      easy.set(CURLOPT_POSTFIELDSIZE_LARGE, offset: call.body.count)
      easy.set(CURLOPT_CUSTOMREQUEST, call.method)
    }
    easy.setHeaders(call.headerLines)
  }

  /// Whether the whole request may have reached the server.
  var isSent: Bool { sending.isComplete }

  func result(_ code: CURLcode) -> Result<HTTPAnswer, TransferError> {
    if reception.isTooLarge { return .failure(error(.tooLarge)) }
    if let fault = sending.fault { return .failure(error(.interrupted, fault.rawValue)) }
    if code == CURLE_OK {
      return .success(reception.answer(status: easy.number(CURLINFO_RESPONSE_CODE)))
    }
    if sending.isRefused { return .failure(error(.refused, "private_target")) }
    return .failure(error(code))
  }

  private func error(_ code: CURLcode) -> TransferError {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: error(.connect, "dns")
    case CURLE_COULDNT_CONNECT: error(.connect)
    case CURLE_OPERATION_TIMEDOUT: error(.timeout)
    default: tlsCause(code).map { error(.tls, $0) } ?? error(.interrupted)
    }
  }

  private func error(_ kind: TransferError.Kind, _ cause: String? = nil) -> TransferError {
    TransferError(kind, cause: cause, mayHaveBeenReceived: isSent)
  }
}
