import Synchronization
import Transfer

/// A web server that gives one answer to every request and remembers what it was sent.
final class HTTPScript: Sendable {
  struct Request {
    var head: [String] = []
    var body: [UInt8] = []

    func header(_ name: String) -> String? {
      head.first { $0.lowercased().hasPrefix(name + ":") }
    }
  }

  private let answer: String?
  private let received: Signal?
  private let memory = Mutex<[Request]>([])

  /// Nil closes the connection instead; with `received` it waits for the client to go away.
  init(_ answer: String?, received: Signal? = nil) {
    self.answer = answer
    self.received = received
  }

  convenience init(status: String, headers: [String] = [], body: String = "") {
    let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers
    self.init(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  var requests: [Request] { memory.withLock { $0 } }

  func serve(_ peer: Peer) {
    while let request = readRequest(peer) {
      memory.withLock { $0.append(request) }
      if let received {
        received.fire()
        return peer.waitForEnd()
      }
      guard let answer, peer.write(answer) else { return }
    }
  }

  private func readRequest(_ peer: Peer) -> Request? {
    var request = Request()
    while let line = peer.readLine() {
      if line == "\r\n" { break }
      request.head.append(String(line.dropLast()))
    }
    guard !request.head.isEmpty else { return nil }
    let length = request.header("content-length")?.split(separator: " ").last.flatMap { Int($0) }
    if let length { request.body = peer.read(length) ?? [] }
    return request
  }
}

/// A call to a script.
func call(
  _ port: UInt16, method: String = "GET", path: String = "/", host: String = "127.0.0.1"
) -> HTTPTransfer {
  HTTPTransfer(
    method: method, url: "http://\(host):\(port)\(path)", timeout: .seconds(20),
    allowPlainHTTP: true)
}
