import HTTPTypes
import Hooks
import Logging
import PasswordReset
import StoreContract
import Support
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
    .capturing { [self] level, message, fields in
      kept.withLock { $0.append(Line(level: level, message: message, fields: fields)) }
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
