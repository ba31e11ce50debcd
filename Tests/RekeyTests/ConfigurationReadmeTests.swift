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
    for key in ConfigurationKey.all {
      #expect(rows.contains(key.readmeRow), "README.md lacks this row:\n\(key.readmeRow)")
    }
    #expect(rows == ConfigurationKey.all.map(\.readmeRow))
  }
}
