import Foundation
import Testing

@testable import rekey

@Suite struct ConfigurationReadmeTests {
  @Test func `README has the rows of the table, in its order`() throws {
    let readme = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "README.md")
    let lines = try String(contentsOf: readme, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "| key | default | |"))
    let rows = lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map(String.init)
    let wanted = ConfigurationKey.all.map(\.readmeRow)
    for row in wanted where !rows.contains(row) {
      Issue.record("README.md lacks this row:\n\(row)")
    }
    for row in rows where !wanted.contains(row) { Issue.record("README.md has too much:\n\(row)") }
    let isInOrder = rows == wanted
    #expect(isInOrder, "README.md has the rows in another order than the table of keys")
  }
}
