import Transfer

func endpoint(_ port: UInt16, tls: SMTPEndpoint.Protection = .none) -> SMTPEndpoint {
  SMTPEndpoint(host: "127.0.0.1", port: port, tls: tls, ehloName: "reset.test")
}

func mail(
  _ port: UInt16, from: String = "noreply@app.test", to: String = "ada@example.test",
  message: String = "Subject: x\r\n\r\nhello\r\n", timeout: Duration = .seconds(20)
) -> SMTPTransfer {
  SMTPTransfer(
    endpoint: endpoint(port), from: from, to: to, message: Array(message.utf8), timeout: timeout)
}

/// A loop for one test, stopped at its end.
func withLoop<Value>(
  maxConnections: Int = 20, _ body: (TransferLoop) async throws -> Value
) async throws -> Value {
  let loop = try TransferLoop(
    maxConnections: maxConnections, maxConnectionsPerHost: maxConnections)
  do {
    let value = try await body(loop)
    await loop.stop()
    return value
  } catch {
    await loop.stop()
    throw error
  }
}

extension SMTPResult {
  var failure: SMTPFailure? {
    switch self {
    case .delivered: nil
    case .transient(let failure), .permanent(let failure), .uncertain(let failure): failure
    }
  }

  static func transient(_ stage: SMTPFailure.Stage, _ cause: String) -> SMTPResult {
    .transient(SMTPFailure(stage: stage, cause: cause))
  }
}

func reply(
  _ stage: SMTPFailure.Stage, _ code: Int, _ enhancedStatus: String? = nil
) -> SMTPFailure {
  SMTPFailure(
    stage: stage, replyCode: code, enhancedStatus: enhancedStatus, cause: "reply_\(code)")
}
