import Formats
import PasswordReset
import Storage

/// How the state of the outbox is written, for people and for programs.
struct OutboxLines {
  let statistics: OutboxStatistics

  private static let kinds: [MessageKind] = [.link, .changed, .noAccount, .event]

  var text: [String] {
    let now = statistics.now
    let oldest = statistics.oldestDue.map { Printing.age(of: $0, at: now) } ?? "-"
    return [state] + Self.kinds.map(line)
      + ["oldest due \(oldest)", "suppressions \(statistics.suppressions)"]
      + statistics.causes.map(line) + statistics.transports.map(line)
  }

  private var state: String {
    guard let pause = statistics.pause else { return "sending" }
    let why = pause.reason.map { ": \($0.printable)" } ?? ""
    return "paused since \(pause.since)\(why)"
  }

  private func line(_ kind: MessageKind) -> String {
    let counts = statistics.messages[kind] ?? .init()
    return "\(kind.rawValue) due=\(counts.due) waiting=\(counts.waiting) leased=\(counts.leased)"
      + " stuck=\(counts.stuck) dead=\(counts.dead)"
  }

  private func line(_ cause: DeadLetters.CauseCount) -> String {
    "dead \(cause.messages) cause=\(cause.cause.printable) oldest=\(cause.oldest)"
      + " newest=\(cause.newest)"
  }

  private func line(_ transport: OutboxStatistics.Transport) -> String {
    "transport \(transport.name.printable) \(transport.state)"
      + " since=\(transport.changedAt) cause=\(transport.cause?.printable ?? "-")"
      + " worker=\(transport.worker) seen=\(transport.seenAt)"
  }

  var json: String {
    let pause: JSON =
      statistics.pause.map {
        .object([
          "since": Printing.json($0.since), "reason": Printing.json($0.reason),
        ])
      } ?? .null
    let now = statistics.now
    return Printing.json([
      ("at", Printing.json(now)), ("paused", pause), ("messages", messages),
      ("oldest_due_at", Printing.json(statistics.oldestDue)),
      (
        "oldest_due_seconds",
        statistics.oldestDue.map { .integer(Printing.seconds(since: $0, at: now)) } ?? .null
      ),
      ("suppressions", .integer(statistics.suppressions)),
      (
        "dead_causes",
        .array(statistics.causes.map { .object(JSONObject(DeadLetterLines.members(of: $0))) })
      ),
      ("transports", .array(statistics.transports.map(object))),
    ])
  }

  private var messages: JSON {
    .object(
      JSONObject(
        Self.kinds.map { kind in
          let counts = statistics.messages[kind] ?? .init()
          return (
            kind.rawValue,
            .object([
              "due": .integer(counts.due), "waiting": .integer(counts.waiting),
              "leased": .integer(counts.leased), "stuck": .integer(counts.stuck),
              "dead": .integer(counts.dead),
            ])
          )
        }))
  }

  private func object(_ transport: OutboxStatistics.Transport) -> JSON {
    .object([
      "worker": .string("\(transport.worker)"), "transport": .string(transport.name),
      "state": .string(transport.state), "cause": Printing.json(transport.cause),
      "changed_at": Printing.json(transport.changedAt),
      "seen_at": Printing.json(transport.seenAt),
    ])
  }
}
