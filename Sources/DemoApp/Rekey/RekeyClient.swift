internal import Logging

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The calls of Rekey's internal listener that this app makes.
struct RekeyClient: Sendable {
  private let transport: any RekeyTransport
  private let callerKey: String
  private let logger: Logger

  init(transport: any RekeyTransport, callerKey: String, logger: Logger) {
    self.transport = transport
    self.callerKey = callerKey
    self.logger = logger
  }

  /// Somebody typed an address. Called whether or not there is an account, and the answer does
  /// not depend on it.
  /// - Throws: `emailInvalid`, `rateLimited` or `unavailable`.
  func request(
    email: String, account: Account?, clientIP: String?
  ) async throws(RekeyRefusal) {
    let body = ResetRequest(
      email: email, account: account.map(RekeyAccount.init),
      client: clientIP.map(ResetRequest.Client.init))
    _ = try await post("/reset/request", body, expecting: 202)
  }

  /// Whose token it is. Has no effect.
  func verify(_ token: String) async throws(RekeyRefusal) -> TokenAnswer {
    try decode(await post("/reset/verify", VerifyRequest(token: token), expecting: 200))
  }

  /// Uses the token up.
  /// - Parameters:
  ///   - accountVersion: refused with `accountChanged` when the token was made for another.
  ///   - attempt: names this attempt; the same attempt gets the same answer again, so that a lost
  ///     answer does not cost the user the link.
  func consume(
    _ token: String, accountVersion: String?, attempt: String
  ) async throws(RekeyRefusal) -> TokenAnswer {
    let body = ConsumeRequest(token: token, accountVersion: accountVersion)
    let answer = try await post(
      "/reset/consume", body, expecting: 200, headers: [("Idempotency-Key", attempt)])
    return try decode(answer)
  }

  /// The password has been changed: Rekey mails the notice and revokes what is left.
  func complete(requestID: String) async throws(RekeyRefusal) {
    _ = try await post("/reset/complete", CompleteRequest(requestID: requestID), expecting: 202)
  }

  private func post(
    _ path: String, _ body: some Encodable, expecting status: Int,
    headers: [(String, String)] = []
  ) async throws(RekeyRefusal) -> RekeyAnswer {
    let common = [
      ("Authorization", "Bearer \(callerKey)"), ("Content-Type", "application/json"),
    ]
    guard let json = try? JSONEncoder().encode(body),
      let answer = try? await transport.post(
        path: path, body: [UInt8](json), headers: common + headers)
    else {
      logger.error("no answer from Rekey", metadata: ["path": "\(path)"])
      throw .unavailable
    }
    guard answer.status == status else { throw refusal(answer, path) }
    return answer
  }

  /// A refused token is everyday life; a refused caller or a fault is for the log.
  private func refusal(_ answer: RekeyAnswer, _ path: String) -> RekeyRefusal {
    let refusal = RekeyRefusal(answer)
    if refusal == .unavailable {
      logger.error(
        "Rekey refused", metadata: ["path": "\(path)", "status": "\(answer.status)"])
    }
    return refusal
  }

  private func decode(_ answer: RekeyAnswer) throws(RekeyRefusal) -> TokenAnswer {
    do {
      return try JSONDecoder().decode(TokenAnswer.self, from: Data(answer.body))
    } catch {
      logger.error("an answer of Rekey is not understood")
      throw .unavailable
    }
  }
}
