import HTTPTypes
import Hooks
import Logging
import PasswordReset
import StoreContract
import Synchronization
import Testing

enum Sample {
  static let policy = EmailAddress.Policy(smtpUTF8: false, domains: ASCIIDomains())

  static func settings() throws -> CallerSettings {
    CallerSettings(
      continueURL: try #require(ContinueURL("https://app.example.com/new?token={token}")),
      addressLimits: try #require(RateLimits("3/15m")),
      clientLimits: try #require(RateLimits("2/1h")), directory: .none,
      mailFrom: try #require(Mailbox("App <no-reply@example.com>", policy: policy)), brand: "App")
  }
}

/// Answers what it is told to, and keeps the drafts.
final class Recorder: RequestRecorder {
  private let answer: RecordOutcome?
  private let kept = Mutex<[RequestDraft]>([])

  init(answer: RecordOutcome? = nil) { self.answer = answer }

  var drafts: [RequestDraft] { kept.withLock { $0 } }

  func record(_ draft: RequestDraft) async throws(ResetError) -> RecordOutcome {
    kept.withLock { $0.append(draft) }
    return answer ?? .accepted(draft.id)
  }
}

struct FixedReadiness: Readiness {
  let checks: [ReadinessCheck]

  func check() async -> [ReadinessCheck] { checks }
}

/// Has the certificate of the vectors and nothing else.
struct CertificateWeb: HookFetcher {
  func get(_ url: String) async -> [UInt8]? {
    url == HookVector.certificateURL ? Array(HookVector.certificate.utf8) : nil
  }
}

/// Every line that was logged.
final class LogBook: Sendable {
  struct Line: Sendable {
    let level: Logger.Level
    let message: String
    let fields: [String: String]

    /// All of it as one text, to search for what must not stand there.
    var text: String { message + fields.map { " \($0)=\($1)" }.joined() }
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] { kept.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "test") { [self] _ in Handler(book: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let book: LogBook
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
      let line = Line(level: event.level, message: "\(event.message)", fields: fields)
      book.kept.withLock { $0.append(line) }
    }
  }
}

extension HTTPFields {
  subscript(text name: String) -> String? {
    HTTPField.Name(name).flatMap { self[$0] }
  }
}

extension String {
  /// Whether these bytes stand in a row anywhere; to Swift a letter with an accent after it is
  /// another Character.
  func hasBytes(_ text: String) -> Bool {
    let (whole, part) = (Array(utf8), Array(text.utf8))
    guard whole.count >= part.count else { return false }
    return (0...(whole.count - part.count)).contains { whole[$0...].starts(with: part) }
  }

  func count(of text: String) -> Int {
    let (whole, part) = (Array(utf8), Array(text.utf8))
    return whole.indices.count { whole[$0...].starts(with: part) }
  }
}
