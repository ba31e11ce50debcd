import DemoApp
import Foundation
import Synchronization

/// Rekey as its contract describes it, for one token: live, then used by one attempt.
final class FakeRekey: RekeyTransport {
  struct Call: Sendable {
    let path: String
    let body: String
    let headers: [(String, String)]

    func header(_ name: String) -> String? { headers.first { $0.0 == name }?.1 }
  }

  private struct State {
    var calls: [Call] = []
    var forced: [String: RekeyAnswer] = [:]
    var fails: Set<String> = []
    /// As the app has told it.
    var account: [String: String]?
    var consumer: String?
  }

  static let token = "token-of-the-link"

  private let state = Mutex(State())

  var calls: [Call] { state.withLock { $0.calls } }

  /// Answers every call of that path so, until `heal`.
  func force(_ path: String, status: Int, code: String = "", headers: [(String, String)] = []) {
    let body = Array("{\"status\":\(status),\"code\":\"\(code)\"}".utf8)
    state.withLock {
      $0.forced[path] = RekeyAnswer(status: status, headers: headers, body: body)
    }
  }

  /// Does what is asked, but its answer is lost.
  func loseAnswers(_ path: String) { state.withLock { _ = $0.fails.insert(path) } }

  func heal() {
    state.withLock {
      $0.forced = [:]
      $0.fails = []
    }
  }

  func post(
    path: String, body: [UInt8], headers: [(String, String)]
  ) async throws -> RekeyAnswer {
    let call = Call(path: path, body: String(decoding: body, as: UTF8.self), headers: headers)
    let json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] ?? [:]
    return try state.withLock { state in
      state.calls.append(call)
      if let answer = state.forced[path] { return answer }
      let answer = Self.answer(call, json, &state)
      if state.fails.contains(path) { throw CancellationError() }
      return answer
    }
  }

  private static func answer(
    _ call: Call, _ json: [String: Any], _ state: inout State
  ) -> RekeyAnswer {
    switch call.path {
    case "/reset/request":
      state.account = json["account"] as? [String: String] ?? state.account
      return reply(202, ["request_id": "r", "status": "accepted"])
    case "/reset/complete": return reply(202, [:])
    default: break
    }
    guard json["token"] as? String == token, let account = state.account else {
      return reply(404, ["code": "token_invalid"])
    }
    let answer: [String: Any] = [
      "request_id": "r", "account": account, "email": account["email"] ?? "",
    ]
    let attempt = call.header("Idempotency-Key")
    if let consumer = state.consumer, consumer != attempt {
      return reply(409, ["code": "token_used"])
    }
    guard call.path == "/reset/consume" else { return reply(200, answer) }
    if let version = json["account_version"] as? String, version != account["version"] {
      return reply(409, ["code": "account_changed"])
    }
    state.consumer = attempt
    return reply(200, answer)
  }

  private static func reply(_ status: Int, _ body: [String: Any]) -> RekeyAnswer {
    let data = try? JSONSerialization.data(withJSONObject: body)
    return RekeyAnswer(status: status, body: [UInt8](data ?? Data()))
  }
}
