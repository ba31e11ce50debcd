import Glibc
import Postgres
import Testing

@testable import Storage

@Suite struct QueryFileTests {
  private static let files = SQLFiles.all.keys.filter { $0.hasPrefix("queries/") }.sorted()

  @Test func `every query file is registered, and every registered query has its file`() {
    let names = Self.files.map { $0.dropFirst("queries/".count).dropLast(".sql".count) }
    #expect(Queries.all.map(\.name).sorted() == names.map(String.init))
    #expect(Set(Queries.all.map(\.name)).count == Queries.all.count)
    #expect(Queries.all.allSatisfy { !$0.sql.isEmpty })
  }

  @Test(arguments: files)
  func `a query file says what it does, who calls it and what its parameters are`(
    path: String
  ) throws {
    let lines = try SQLFiles.text(path).split(separator: "\n")
    let header = lines.prefix { $0.hasPrefix("--") }
    let body = lines.dropFirst(header.count)
    #expect(header.count >= 2)
    #expect(header.contains { $0.hasPrefix("-- Called by: ") })
    let text = header.joined(separator: "\n")
    for number in 1...20 where body.contains(where: { $0.names(parameter: number) }) {
      #expect(text.names(parameter: number), "$\(number) is not explained")
    }
  }

  @Test(arguments: files)
  func `the callers that a query file names are files`(path: String) throws {
    let calls = try SQLFiles.text(path).split(separator: "\n").filter {
      $0.hasPrefix("-- Called by: ")
    }
    let sources = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let named = calls.flatMap { line in
      line.split { !($0.isLetter || $0 == "/") }.filter { $0.hasPrefix("Storage/") }
    }
    #expect(!named.isEmpty)
    for caller in named {
      #expect(access("/\(sources)/Sources/\(caller).swift", R_OK) == 0, "\(caller) is no file")
    }
  }

  @Test(arguments: [TestDatabase.Role.serve, .work, .ops])
  func `all queries can be prepared by whoever runs them`(role: TestDatabase.Role) async throws {
    try await TestDatabase.with { database in
      let stores = Database(
        url: try database.url(role), applicationName: "t", keepLive: 3, logger: .silent)
      try await DatabaseReadiness(stores).prepareAll()
    }
  }

  @Test func `a query that no longer fits the schema stops the start`() async throws {
    try await TestDatabase.with { database in
      try await database.script("ALTER TABLE rekey.outbox RENAME COLUMN leased_until TO lease_end")
      let stores = Database(
        url: try database.url(.serve), applicationName: "t", keepLive: 3, logger: .silent)
      await #expect(throws: DatabaseProblem.self) {
        try await DatabaseReadiness(stores).prepareAll()
      }
    }
  }
}

extension StringProtocol {
  /// `$1` but not `$10`.
  fileprivate func names(parameter number: Int) -> Bool {
    let (mark, bytes) = (Array("$\(number)".utf8), Array(utf8))
    return bytes.indices.contains { index in
      bytes[index...].starts(with: mark)
        && !(index + mark.count < bytes.count && (48...57).contains(bytes[index + mark.count]))
    }
  }
}
