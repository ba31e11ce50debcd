import Postgres
import Testing

extension TestDatabase {
  /// Where the test cluster says that it can be reached by TCP.
  struct Address {
    let host: String
    let port: String
    /// `user[:password]`
    let login: String
    let database: String

    /// Reads `postgres://user[:password]@host[:port]/database`.
    init() throws {
      let message: Comment = "REKEY_TEST_DATABASE_URL must read postgres://user@host:port/database"
      let url = try TestDatabase.url()
      let rest = try #require(url.split(separator: "://").last, message)
      let parts = rest.split(separator: "/", maxSplits: 1)
      let ends = try #require(parts.first, message).split(separator: "@")
      try #require(parts.count == 2 && ends.count == 2, message)
      let address = ends[1].split(separator: ":")
      login = String(ends[0])
      host = String(address[0])
      port = address.count == 2 ? String(address[1]) : "5432"
      database = String(parts[1].prefix { $0 != "?" })
    }
  }
}
