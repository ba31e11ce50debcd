import ArgumentParser
import PasswordReset
import Storage

/// Dead letters by cause and age.
struct DeadFilter: ParsableArguments {
  @Option(help: "A cause or its beginning: rcpt_550 also means rcpt_550_5.1.1.")
  var cause: String?

  @Option(
    name: .customLong("older-than"), help: "Dead for so long or longer, such as 1h: 1s to 3650d.")
  var olderThan: String?

  @Option(
    name: .customLong("newer-than"), help: "Dead for less than this, such as 1d: 1s to 3650d.")
  var newerThan: String?

  func validate() throws {
    if let cause, cause.isEmpty { throw ValidationError("--cause must not be empty.") }
    for (name, text) in [("--older-than", olderThan), ("--newer-than", newerThan)] {
      guard let text else { continue }
      guard let age = WholeDuration(text), (1...315_360_000).contains(age.seconds) else {
        throw ValidationError("\(name) must be a duration from 1s to 3650d, such as 1h.")
      }
    }
  }

  var choice: DeadLetterChoice {
    DeadLetterChoice(
      cause: cause, olderThan: olderThan.flatMap { WholeDuration($0) },
      newerThan: newerThan.flatMap { WholeDuration($0) })
  }
}

/// What is to be changed: ids, a cause, or everything; never two of them and never nothing.
struct DeadSelection: ParsableArguments {
  @Argument(help: "Ids of messages or of their requests.")
  var ids: [String] = []

  @OptionGroup var filter: DeadFilter

  @Flag(help: "All dead letters, or all of the given age.")
  var all = false

  @Flag(name: .customLong("dry-run"), help: "Only tell what would be done.")
  var dryRun = false

  func validate() throws {
    _ = try ids.map(Self.id)
    switch (ids.isEmpty, filter.cause == nil, all) {
    case (false, true, false):
      if filter.olderThan != nil || filter.newerThan != nil {
        throw ValidationError("--older-than and --newer-than go with --cause or --all.")
      }
    case (true, false, false), (true, true, true): break
    case (true, true, false): throw ValidationError("Name ids, or give --cause or --all.")
    default: throw ValidationError("Ids, --cause and --all exclude each other.")
    }
  }

  var choice: DeadLetterChoice {
    var choice = filter.choice
    // An order that is given twice is one.
    choice.ids = ids.isEmpty ? nil : named
    return choice
  }

  var named: [RequestID] { ids.compactMap { RequestID($0.lowercased()) } }

  /// Those that were named and not met.
  func missing(from met: Set<RequestID>) -> [RequestID] { named.filter { !met.contains($0) } }

  static func id(_ text: String) throws -> RequestID {
    guard let id = RequestID(text.lowercased()) else {
      throw ValidationError("An id is a UUID, as rekey dead list shows it.")
    }
    return id
  }
}
