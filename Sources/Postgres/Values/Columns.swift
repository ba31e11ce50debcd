/// Names and types of a result's columns, known from the time the statement was prepared.
final class Columns: Sendable {
  let names: [String]
  let types: [UInt32]

  init(names: [String], types: [UInt32]) {
    self.names = names
    self.types = types
  }

  static let none = Columns(names: [], types: [])

  var count: Int { names.count }

  func index(of column: Column) throws(PostgresError) -> Int {
    switch column {
    case .index(let index):
      guard types.indices.contains(index) else { throw .decoding("no column \(index)") }
      return index
    case .name(let name):
      guard let index = names.firstIndex(of: name) else { throw .decoding("no column \(name)") }
      return index
    }
  }
}

/// How to point at a column: `"id"` or, cheaper, its place counted from 0.
public enum Column: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  case name(String)
  case index(Int)

  public init(stringLiteral name: String) {
    self = .name(name)
  }

  public init(integerLiteral index: Int) {
    self = .index(index)
  }
}
