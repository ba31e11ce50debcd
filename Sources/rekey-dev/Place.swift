import Foundation
import Glibc

/// Where everything is, for those who use it.
struct Place: Sendable {
  let ports: Ports
  let callerKey: String
  let databaseURL: String

  var people: String { Self.url(ports.people) }
  var programs: String { Self.url(ports.programs) }
  var app: String { Self.url(ports.app) }
  var mailbox: String { Self.url(ports.mailbox) }

  static func url(_ port: Int) -> String { "http://127.0.0.1:\(port)" }

  /// For programs that start this one: one JSON object.
  func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(
      Ready(
        app: app, mailbox: mailbox, public: people, internal: programs, smtp_port: ports.smtp,
        caller_key: callerKey, database_url: databaseURL, pid: getpid()))
  }

  private struct Ready: Encodable {
    let app, mailbox, `public`, `internal`: String
    let smtp_port: Int
    let caller_key, database_url: String
    let pid: Int32
  }
}
