import Accounts
import Formats
import PasswordReset
import Postgres
import Testing

@testable import rekey

@Suite struct CallerChoiceTests {
  static let common = """
    continue.url: https://example.test/{token}
    mail.from: Example <a@example.test>

    """

  private func book(_ text: String) throws -> CallerBook {
    try CallerBook(try Configured.settings(file: Self.common + text))
  }

  @Test func `a caller has its own choices and else the common ones`() throws {
    let book = try book(
      """
      callers:
        shop:
          continue.url: https://shop.test/{token}
          limits: {email: 1/1m}
          brand: The Shop
      """)
    let (shop, other) = (book["shop"].settings, book["other"].settings)
    #expect(shop.continueURL.template == "https://shop.test/{token}")
    #expect("\(shop.addressLimits)" == "1/1m" && "\(shop.clientLimits)" == "20/1h")
    #expect(shop.mailFrom == other.mailFrom && shop.brand == "The Shop")
    #expect(other.continueURL.template == "https://example.test/{token}")
    #expect("\(other.addressLimits)" == "3/15m 5/1h 10/1d" && other.brand == "Example")
  }

  @Test func `the brand is the sender's name, or else its domain`() throws {
    let book = try book(
      "callers: {bare: {mail.from: b@bare.test}, named: {mail.from: B <b@b.test>}}")
    #expect(book["bare"].settings.brand == "bare.test")
    #expect(book["named"].settings.brand == "B")
    #expect(book["other"].settings.brand == "Example")
  }

  @Test func `a caller's directory is its own`() throws {
    let settings = try Configured.settings(
      file: """
        accounts: {mode: http, url: "https://a.test/", secret_file: /s}
        callers:
          none: {accounts.mode: none}
          sql: {accounts: {mode: sql, database_url: postgresql://h/d, query: SELECT $1}}
          url: {accounts.url: "https://b.test/"}
        """)
    #expect(
      settings.common.directory == .http(url: try WebURL("https://a.test/"), secretFile: "/s"))
    #expect(settings.own["none"]?.directory == DirectoryChoice.none)
    #expect(
      settings.own["sql"]?.directory
        == .sql(
          databaseURL: try PostgresURL("postgresql://h/d"), query: try AccountQuery("SELECT $1")))
    #expect(
      settings.own["url"]?.directory == .http(url: try WebURL("https://b.test/"), secretFile: "/s"))
  }

  @Test(arguments: [
    (
      "http", [ConfigurationKey.accountsURL: "https://a.test/"], ConfigurationKey.accountsSecretFile
    ),
    ("http", [ConfigurationKey.accountsSecretFile: "/s"], ConfigurationKey.accountsURL),
    (
      "sql", [ConfigurationKey.accountsDatabaseURL: "postgresql://h/d"],
      ConfigurationKey.accountsQuery
    ),
    ("sql", [ConfigurationKey.accountsQuery: "SELECT $1"], ConfigurationKey.accountsDatabaseURL),
  ])
  func `a directory without what it needs is refused`(
    mode: String, given: [ConfigurationKey: String], missing: ConfigurationKey
  ) throws {
    let options = given.merging([ConfigurationKey.accountsMode: mode]) { _, new in new }
    let line = try #require(Configured.problem(options))
    #expect(line.hasPrefix("\(missing.name) is required"))
  }

  @Test(arguments: ConfigurationKey.deployment)
  func `only what is a caller's own stands under its name`(key: ConfigurationKey) throws {
    let own: Set<ConfigurationKey> = [
      ConfigurationKey.continueURL, ConfigurationKey.mailFrom, ConfigurationKey.mailNoAccount,
      ConfigurationKey.limitsEmail, ConfigurationKey.limitsClient, ConfigurationKey.limitsNoAccount,
      ConfigurationKey.accountsMode, ConfigurationKey.accountsURL,
      ConfigurationKey.accountsSecretFile, ConfigurationKey.accountsDatabaseURL,
      ConfigurationKey.accountsQuery,
      ConfigurationKey.eventsURL, ConfigurationKey.eventsSecretFile,
    ]
    let text = "callers: {shop: {\(key.name): \"\"}}"
    let refused = "callers.shop.\(key.name) is not a configuration key"
    let isRefused = try Configured.problem(file: text)?.contains(refused) ?? false
    #expect(isRefused != own.contains(key))
  }

  @Test func `a bad choice of a caller is refused with its place`() throws {
    let text = "callers: {shop: {limits.email: 0/1h}}"
    let line = try #require(try Configured.problem(file: text))
    #expect(line.hasPrefix("limits.email: \"0/1h\" from "))
    #expect(line.contains("/rekey.yaml (callers.shop) is not up to 8 limits"))
  }

  @Test(arguments: [("a", true), ("a-b_9", true), ("A", false), ("1a", false), ("ä", false)])
  func `a caller of the file has a caller's name`(name: String, isName: Bool) throws {
    let line = try Configured.problem(file: "callers: {\"\(name)\": {brand: x}}")
    #expect(line == (isName ? nil : "callers.\(name): not a name of a caller"))
  }

  @Test(arguments: [(64, true), (65, false)])
  func `a caller's name has at most 64 letters`(length: Int, isName: Bool) throws {
    let name = String(repeating: "a", count: length)
    #expect((try Configured.problem(file: "callers: {\(name): {brand: x}}") == nil) == isName)
  }

  @Test func `stamps are kept for the longest window of anybody`() throws {
    #expect("\(try Configured.settings().longestWindow)" == "1d")
    let text = "callers: {shop: {limits.client: 1/30d}}"
    #expect("\(try Configured.settings(file: text).longestWindow)" == "30d")
    let short = try Configured.settings([
      ConfigurationKey.limitsEmail: "1/1s", ConfigurationKey.limitsClient: "1/2s",
    ])
    #expect("\(short.longestWindow)" == "2s")
  }
}
