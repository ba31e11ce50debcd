import Formats
import PasswordReset
import Storage

/// How dead letters are written. Every value that comes from outside stands behind its name and `=`, so
/// that no program takes it for a formula.
struct DeadLetterLines {
  let recipients: Recipients
  let isJSON: Bool

  func line(of letter: DeadLetter, at now: Timestamp) -> String {
    if isJSON { return Printing.json(members(of: letter, at: now)) }
    let event = letter.event.map { " event=\($0.rawValue)" } ?? ""
    return "\(letter.id) \(letter.kind.rawValue) \(letter.request?.caller.printable ?? "-")"
      + " cause=\(letter.cause.printable)\(event)"
      + " attempts=\(letter.attempts) failures=\(letter.failures)"
      + " dead=\(letter.deadAt) age=\(Printing.age(of: letter.deadAt, at: now))"
      + " queued=\(letter.queuedAt) request=\(letter.requestID)"
      + " address=\(address(of: letter)?.printable ?? "-")"
  }

  func write(_ causes: [DeadLetters.CauseCount], at now: Timestamp) {
    for cause in causes where !Console.output(line(of: cause, at: now)) { return }
  }

  func line(of cause: DeadLetters.CauseCount, at now: Timestamp) -> String {
    if isJSON { return Printing.json(Self.members(of: cause)) }
    return "\(cause.messages) cause=\(cause.cause.printable)"
      + " oldest=\(cause.oldest) age=\(Printing.age(of: cause.oldest, at: now))"
      + " newest=\(cause.newest) age=\(Printing.age(of: cause.newest, at: now))"
  }

  static func members(of cause: DeadLetters.CauseCount) -> [(key: String, value: JSON)] {
    [
      ("cause", .string(cause.cause)), ("messages", .integer(cause.messages)),
      ("oldest", Printing.json(cause.oldest)), ("newest", Printing.json(cause.newest)),
    ]
  }

  /// One JSON object, or a line for each fact.
  func everything(
    about letter: DeadLetter, at now: Timestamp, giveUpAfter: WholeDuration
  ) -> String {
    if isJSON {
      return Printing.json(members(of: letter, at: now) + Self.requestMembers(of: letter))
    }
    let facts = self.facts(about: letter, at: now) + Self.requestFacts(about: letter)
    let outcome = ("on retry", Self.outcome(of: letter, giveUpAfter))
    return (facts + [outcome]).map { "\($0.0): \($0.1)" }.joined(separator: "\n")
  }

  private func address(of letter: DeadLetter) -> String? {
    letter.request.flatMap { recipients.address($0.sealed, $0.kid, of: letter.requestID) }
  }

  private func members(
    of letter: DeadLetter, at now: Timestamp
  ) -> [(key: String, value: JSON)] {
    [
      ("id", .string("\(letter.id)")), ("request_id", .string("\(letter.requestID)")),
      ("kind", .string(letter.kind.rawValue)),
      ("caller", Printing.json(letter.request?.caller)),
      ("cause", .string(letter.cause)), ("attempts", .integer(letter.attempts)),
      ("failures", .integer(letter.failures)), ("lost", .integer(letter.lost)),
      ("dead_at", Printing.json(letter.deadAt)),
      ("dead_seconds", .integer(Printing.seconds(since: letter.deadAt, at: now))),
      ("queued_at", Printing.json(letter.queuedAt)),
      ("event", Printing.json(letter.event?.rawValue)),
      ("event_cause", Printing.json(letter.eventCause)),
      ("address", Printing.json(address(of: letter))),
      ("on_retry", .string(letter.fate.rawValue)),
    ]
  }

  private static func requestMembers(of letter: DeadLetter) -> [(key: String, value: JSON)] {
    guard let request = letter.request else { return [("request", .null)] }
    let members: [(key: String, value: JSON)] = [
      ("created_at", Printing.json(request.createdAt)),
      ("sent_at", Printing.json(request.sentAt)),
      ("expires_at", Printing.json(request.expiresAt)),
      ("consumed_at", Printing.json(request.consumedAt)),
      ("revoked_at", Printing.json(request.revokedAt)),
      ("revoke_reason", Printing.json(request.revokeReason)),
      ("dropped_at", Printing.json(request.droppedAt)),
      ("drop_reason", Printing.json(request.dropReason)),
      ("suppressed_until", Printing.json(request.suppressedUntil)),
    ]
    return [("request", .object(JSONObject(members)))]
  }
}

extension DeadLetterLines {
  private func facts(about letter: DeadLetter, at now: Timestamp) -> [(String, String)] {
    var facts = [
      ("message", "\(letter.id)"), ("request", "\(letter.requestID)"),
      ("kind", letter.kind.rawValue),
      ("caller", letter.request?.caller.printable ?? "-"),
      ("address", address(of: letter)?.printable ?? "-"), ("cause", letter.cause.printable),
      ("attempts", "\(letter.attempts)"), ("failures", "\(letter.failures)"),
      ("lost", "\(letter.lost)"),
      ("queued", "\(letter.queuedAt)"),
      ("dead", "\(letter.deadAt) (\(Printing.age(of: letter.deadAt, at: now)))"),
    ]
    if let event = letter.event { facts.append(("event", event.rawValue)) }
    if let cause = letter.eventCause { facts.append(("event cause", cause.printable)) }
    return facts
  }

  private static func requestFacts(about letter: DeadLetter) -> [(String, String)] {
    guard let request = letter.request else { return [] }
    let moments: [(String, Timestamp?, String?)] = [
      ("requested", request.createdAt, nil), ("sent", request.sentAt, nil),
      ("expires", request.expiresAt, nil), ("consumed", request.consumedAt, nil),
      ("revoked", request.revokedAt, request.revokeReason),
      ("dropped", request.droppedAt, request.dropReason),
      ("suppressed until", request.suppressedUntil, nil),
    ]
    return moments.compactMap { name, moment, reason in
      moment.map { (name, "\($0)\(reason.map { " (\($0.printable))" } ?? "")") }
    }
  }

  private static func outcome(of letter: DeadLetter, _ giveUpAfter: WholeDuration) -> String {
    switch letter.fate {
    case .retried: "it would be tried again at once"
    case .tooOld:
      "it would stay dead: its request is older than mail.give_up_after (\(giveUpAfter))"
    case .notLive:
      letter.request == nil
        ? "it would stay dead: its request is gone"
        : "it would stay dead: its request is consumed or revoked"
    case .suppressed:
      "it would stay dead: its address is suppressed; see rekey suppressions release"
    }
  }
}
