import Formats
import PasswordReset
import Synchronization
import Support
import Testing
import Transfer

@testable import Mailing

/// Plays an HTTP API: notes each call and gives one answer to all.
final class APIServer: Sendable {
  struct Call {
    let request: String
    let headers: [String: String]
    let body: [UInt8]

    func json() throws -> JSON { try JSON(parsing: body) }
  }

  private final class Log: Sendable {
    let calls = Mutex<[Call]>([])
    let (arrivals, arrival) = AsyncStream<Call>.makeStream()

    func add(_ call: Call) {
      calls.withLock { $0.append(call) }
      arrival.yield(call)
    }
  }

  private let log = Log()
  private let server: LoopbackServer

  /// - Parameter answer: nil says nothing until the client goes away; an empty one hangs up.
  init(_ answer: String?) throws {
    let log = log
    server = try LoopbackServer { connection in
      while let request = connection.line() {
        var headers: [String: String] = [:]
        while let line = connection.line(), !line.isEmpty {
          let parts = line.split(separator: ":", maxSplits: 1)
          headers[parts[0].lowercased()] = parts.count == 2 ? String(parts[1].dropFirst()) : ""
        }
        let body = connection.bytes(headers["content-length"].flatMap { Int($0) } ?? 0)
        log.add(Call(request: request, headers: headers, body: body))
        guard let answer else {
          while connection.byte() != nil {}
          return
        }
        guard !answer.isEmpty else { return }
        connection.send(answer)
      }
    }
  }

  convenience init(status: Int = 200, headers: [String] = [], body: String = "{}") throws {
    let head = ["HTTP/1.1 \(status) Words", "Content-Length: \(body.utf8.count)"] + headers
    try self.init(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }

  var calls: [Call] { log.calls.withLock { $0 } }
  var port: UInt16 { server.port }

  /// Returns when a call has been read, which whoever gets no answer cannot know.
  func called() async { for await _ in log.arrivals { return } }
}

/// A lease that answers as told, and counts how often it was asked.
final class TestLease: Lease {
  private let answer: Bool
  private let count = Mutex(0)

  init(_ answer: Bool = true) { self.answer = answer }

  var isHeld: Bool {
    count.withLock { $0 += 1 }
    return answer
  }

  var questions: Int { count.withLock { $0 } }
}

extension Sample {
  static let lease = TestLease()

  static func transport(
    _ url: String, smtpUTF8: Bool = true, mayReachPrivate: Bool = true,
    clock: StoppedClock = StoppedClock(), through loop: TransferLoop
  ) throws(MailingError) -> any MailTransport {
    try TransportURL(url).transport(
      TransportContext(
        ehloName: "mail.example.com", smtpUTF8: smtpUTF8, mayReachPrivate: mayReachPrivate,
        hash: hash, clock: clock, through: loop))
  }

  /// Stands in for SHA-256: 32 bytes that depend on every byte and on its place (FNV-1a).
  static let hash: PayloadHash = { next in
    var state: UInt64 = 0xcbf2_9ce4_8422_2325
    while let chunk = next() {
      for byte in chunk { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return (0..<32).map { UInt8(truncatingIfNeeded: state >> UInt64($0 % 8 * 8)) }
  }

  /// Hands a mail to a server on this machine; `%` in the URL stands for host and port.
  static func deliver(
    _ mail: RenderedMail, _ url: String, to server: APIServer, under lease: TestLease = lease
  ) async throws -> DeliveryOutcome {
    let loop = try TransferLoop()
    let place = "127.0.0.1:\(server.port)"
    let text = url.replacing("HOST", with: place)
    let outcome = try await transport(text, through: loop).deliver(mail, under: lease)
    await loop.stop()
    return outcome
  }

  /// A picture in the HTML part and a file beside it, in a folder that has to be kept.
  static func mailWithFiles(in folder: MailFolder) throws -> RenderedMail {
    try folder.write("logo.png", [0x89, 0x50, 0x4e, 0x47])
    try folder.write("terms.pdf", Array("terms".utf8))
    return try mail(files: [
      MailFile(
        path: "\(folder.path)/logo.png", name: "logo.png", mediaType: "image/png", size: 4,
        isInline: true),
      MailFile(
        path: "\(folder.path)/terms.pdf", name: "terms.pdf", mediaType: "application/pdf", size: 5,
        isInline: false),
    ])
  }

  static func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }
}
