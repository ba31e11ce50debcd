internal import CCurl

/// One call on an easy handle.
final class HTTPExchange {
  let job: CallJob
  let easy: EasyHandle
  private let reception: HTTPReception

  /// Nil if libcurl does not accept an option.
  init?(_ job: CallJob, _ easy: EasyHandle, idleLifetime: Duration) {
    self.job = job
    self.easy = easy
    reception = HTTPReception(limit: job.call.maxAnswerBytes)
    easy.reset()
    easy.setCommonOptions(timeout: job.call.timeout, caFile: job.call.caFile)
    easy.setProtocols(
      job.call.allowPlainHTTP ? "http,https" : "https",
      CURLPROTO_HTTPS | (job.call.allowPlainHTTP ? CURLPROTO_HTTP : 0))
    easy.set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    easy.set(CURLOPT_MAXAGE_CONN, Int(clamping: idleLifetime.components.seconds))
    setRequest()
    reception.watch(easy)
    guard easy.isConfigured else { return nil }
  }

  private func setRequest() {
    let call = job.call
    easy.set(CURLOPT_URL, call.url)
    // What libcurl adds by itself is taken out: a header without value does that.
    var lines = ["Expect:", "Accept:"]
    switch call.method {
    case "GET": easy.set(CURLOPT_HTTPGET, true)
    case "HEAD": easy.set(CURLOPT_NOBODY, true)
    default:
      easy.set(CURLOPT_POST, true)
      easy.setBody(call.body)
      easy.set(CURLOPT_CUSTOMREQUEST, call.method)
      lines.append("Content-Type:")
    }
    let names = call.headers.map { lowercased($0.name) + ":" }
    lines.removeAll { names.contains(lowercased($0)) }
    for header in call.headers {
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    easy.setHeaders(lines)
  }

  /// Whether any byte of the request may have reached the server.
  var isSent: Bool { easy.number(CURLINFO_REQUEST_SIZE) > 0 }

  func result(_ code: CURLcode) -> Result<HTTPAnswer, TransferError> {
    if reception.isTooLarge {
      return .failure(TransferError(.tooLarge, mayHaveBeenReceived: true))
    }
    if code == CURLE_OK {
      return .success(reception.answer(status: easy.number(CURLINFO_RESPONSE_CODE)))
    }
    return .failure(error(code))
  }

  private func error(_ code: CURLcode) -> TransferError {
    let sent = isSent
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return TransferError(.connect, cause: "dns")
    case CURLE_COULDNT_CONNECT: return TransferError(.connect)
    case CURLE_OPERATION_TIMEDOUT: return TransferError(.timeout, mayHaveBeenReceived: sent)
    default:
      if let cause = tlsCause(code) {
        return TransferError(.tls, cause: cause, mayHaveBeenReceived: sent)
      }
      return TransferError(.interrupted, mayHaveBeenReceived: sent)
    }
  }
}
