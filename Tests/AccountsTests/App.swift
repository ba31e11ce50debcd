import Support
import Synchronization

/// Plays the main app: notes each call and gives one answer to all.
final class App: Sendable {
  struct Call {
    let request: String
    let headers: [String: String]
    let body: String
  }

  private final class Log: Sendable {
    let calls = Mutex<[Call]>([])
  }

  private let log = Log()
  private let server: LoopbackServer

  init(_ answer: String) throws {
    let log = log
    server = try LoopbackServer { connection in
      while let request = connection.line() {
        var headers: [String: String] = [:]
        while let line = connection.line(), !line.isEmpty {
          let parts = line.split(separator: ":", maxSplits: 1)
          headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].dropFirst()) : ""
        }
        let body = connection.bytes(headers["content-length"].flatMap { Int($0) } ?? 0)
        log.calls.withLock {
          $0.append(
            Call(request: request, headers: headers, body: String(decoding: body, as: UTF8.self)))
        }
        connection.send(answer)
        if answer.contains("Connection: close") { return }
      }
    }
  }

  convenience init(status: String = "200 OK", body: String, headers: String = "") throws {
    try self.init(
      "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
  }

  var calls: [Call] { log.calls.withLock { $0 } }
  var url: String { "http://127.0.0.1:\(server.port)/directory" }
}
