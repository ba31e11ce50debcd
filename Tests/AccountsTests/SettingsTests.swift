import Testing

@testable import Accounts

struct SettingsTests {
  @Test(arguments: ["", " ;\n", "SELECT 1", "SELECT '\u{0}' || $1"])
  func `a query that cannot work is refused at the start`(text: String) {
    #expect(throws: AccountsError.self) { try AccountQuery(text) }
  }
}
