/// One file of `sql/migrations`, `NNNN_name.sql`.
///
/// Its head tells which locks it takes: lines `-- locks: TABLE MODE, HOW LONG AT MOST`, or
/// `-- locks: none; WHY`. A line `-- step: TITLE` or `-- batch: TITLE` begins a further step, which is
/// a transaction of its own. A batch is one statement that is repeated, each time as a transaction,
/// until it affects no row: what it has done it must not find again. A file without such lines is
/// one step.
public struct Migration: Sendable, Equatable {
  public let version: Int
  public let name: String
  /// For operators, before anything is done.
  public let locks: [String]
  let steps: [Step]

  struct Step: Sendable, Equatable {
    let title: String?
    let isBatch: Bool
    var sql: String

    /// Comments and empty lines do nothing.
    var isEmpty: Bool {
      sql.split(separator: "\n").allSatisfy { line in
        let text = line.drop { $0 == " " }
        return text.isEmpty || text.hasPrefix("--")
      }
    }
  }

  public init(version: Int, name: String, sql: String) {
    self.version = version
    self.name = name
    var locks: [String] = []
    var steps = [Step(title: nil, isBatch: false, sql: "")]
    for line in sql.split(separator: "\n", omittingEmptySubsequences: false) {
      if let text = line.after("-- locks: ") { locks.append(text) }
      if let title = line.after("-- step: ") {
        steps.append(Step(title: title, isBatch: false, sql: ""))
      } else if let title = line.after("-- batch: ") {
        steps.append(Step(title: title, isBatch: true, sql: ""))
      } else {
        steps[steps.count - 1].sql += line + "\n"
      }
    }
    self.locks = locks
    self.steps = steps.filter { !$0.isEmpty }
  }

  /// `0001_reset_flow`.
  public var label: String {
    let digits = String(version)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
  }
}

/// The migrations this version knows, numbered from 1 without gaps.
public enum Migrations {
  public static let all: [Migration] = EmbeddedFiles.contents.compactMap { path, sql in
    guard path.hasPrefix("migrations/"), path.hasSuffix(".sql"),
      let version = Int(path.dropFirst(11).prefix(4))
    else { return nil }
    return Migration(version: version, name: String(path.dropFirst(16).dropLast(4)), sql: sql)
  }.sorted { $0.version < $1.version }

  public static var newest: Int { all.last?.version ?? 0 }
}

/// How far a migration is.
public struct MigrationPlace: Sendable, Equatable {
  /// How many of its steps are done.
  public var step = 0
  /// How many rows the batch that is next has changed so far.
  public var rows = 0
}

/// What a migrator does at the moment.
public struct MigrationProgress: Sendable, Equatable, CustomStringConvertible {
  public enum Wait: Sendable, Equatable {
    /// Another migrator is at work.
    case migrator
    /// A session holds a lock that the step needs.
    case lock
  }

  public let migration: Migration
  public var place: MigrationPlace
  public var wait: Wait?

  public init(migration: Migration, place: MigrationPlace, wait: Wait? = nil) {
    (self.migration, self.place, self.wait) = (migration, place, wait)
  }

  /// `0002_notes 2/3 fill the new column: 400000 rows`.
  public var description: String {
    let steps = migration.steps
    var text = migration.label
    if steps.count > 1 { text += " \(min(place.step + 1, steps.count))/\(steps.count)" }
    if place.step < steps.count {
      if let title = steps[place.step].title { text += " \(title)" }
      if steps[place.step].isBatch { text += ": \(place.rows) rows" }
    }
    switch wait {
    case nil: return text
    case .migrator: return text + "; waiting: another rekey migrate is at work"
    case .lock: return text + "; waiting: a session holds a lock that this needs; tried again soon"
    }
  }
}

extension Substring {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
