import Glibc
import Postgres
import Testing

/// A TCP port on the loopback address. Listening, it takes connections and never answers; closed,
/// it refuses them.
private final class SilentPort {
  private var descriptor: Int32
  let number: Int

  init(listens: Bool) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        #expect(bind(descriptor, address, length) == 0)
        #expect(getsockname(descriptor, address, &length) == 0)
      }
    }
    number = Int(UInt16(bigEndian: address.sin_port))
    // Bound but not listening, the port refuses, and nobody else can take it.
    if listens { #expect(listen(descriptor, 8) == 0) }
  }

  deinit {
    close(descriptor)
  }
}

@Suite struct UnreachableTests {
  static let password = "hunter2-and-more"

  private func session(_ url: String, connectTimeout: Duration = .seconds(30)) throws -> Session {
    Session(
      PostgresSettings(
        url: try PostgresURL(url), applicationName: "postgres-tests", connectTimeout: connectTimeout
      ))
  }

  private func expectNoPassword(_ error: PostgresError) {
    for text in ["\(error)", String(reflecting: error), error.debugDescription] {
      #expect(!text.contains(Self.password))
    }
  }

  @Test func `a refused connection is unavailable at once`() async throws {
    let port = try SilentPort(listens: false)
    let session = try session("postgres://u:\(Self.password)@127.0.0.1:\(port.number)/d")
    let start = ContinuousClock.now
    let error = try await postgresError { () async throws(PostgresError) in
      try await session.execute(.one, within: .seconds(30))
    }
    #expect(ContinuousClock.now - start < .seconds(20))
    guard case .unavailable(_, nil, false) = error else { throw error }
    #expect(error.isTransient)
    expectNoPassword(error)
    await session.close()
  }

  @Test(arguments: [
    (connect: Duration.milliseconds(100), within: Duration.seconds(30)),
    (connect: Duration.seconds(30), within: Duration.milliseconds(100)),
  ])
  func `a server that never answers is unavailable by the sooner of both limits`(
    connect: Duration, within: Duration
  ) async throws {
    let port = try SilentPort(listens: true)
    let session = try session(
      "postgres://u:\(Self.password)@127.0.0.1:\(port.number)/d", connectTimeout: connect)
    let start = ContinuousClock.now
    let error = try await postgresError { () async throws(PostgresError) in
      try await session.execute(.one, within: within)
    }
    let took = ContinuousClock.now - start
    #expect(took >= .milliseconds(100) && took < .seconds(20))
    guard case .unavailable(_, nil, false) = error else { throw error }
    expectNoPassword(error)
    await session.close()
  }

  @Test func `hosts that refuse or never answer are passed over`() async throws {
    let refusing = try SilentPort(listens: false)
    let silent = try SilentPort(listens: true)
    let good = try TestDatabase.Address()
    let url = """
      postgres://\(good.login)@127.0.0.1:\(refusing.number),127.0.0.1:\(silent.number),\
      \(good.host):\(good.port)/\(good.database)
      """
    let session = try session(url, connectTimeout: .milliseconds(200))
    #expect(try await session.execute(.one, within: generous).only().int(0) == 1)
    await session.close()
  }

  @Test func `a refusal by the server has its SQLSTATE and is not transient`() async throws {
    let good = try TestDatabase.Address()
    let session = try session(
      "postgres://\(good.login)@\(good.host):\(good.port)/no_such_database")
    let error = try await postgresError { () async throws(PostgresError) in
      try await session.execute(.one, within: generous)
    }
    #expect(error.sqlState == "3D000")
    #expect(!error.isTransient)
    #expect(error.description == "the database is not reachable (SQLSTATE 3D000)")
    expectNoPassword(error)
    await session.close()
  }

  @Test(arguments: [
    "postgres://u:hunter2-and-more@[::1/d", "postgres://u:hunter2-and-more@h/d?sslmode",
    "postgres://u:hunter2-and-more@h/d?nonsense=1", "password=hunter2-and-more nonsense=1",
    "hunter2-and-more", "", "postgres://u:hunter2-and-more%00@h/d",
    "postgres://u:hunter2-and-more@a:1,b:2,c/d?port=1,2", "postgres://u:p@hunter2-and-more@h/d",
  ])
  func `a bad URL is refused without being quoted`(url: String) async throws {
    let error = try await postgresError { () async throws(PostgresError) in
      _ = try PostgresURL(url)
    }
    guard case .configuration = error else { throw error }
    #expect(!error.isTransient)
    expectNoPassword(error)
  }

  @Test func `settings never show what they hold`() throws {
    let settings = PostgresSettings(
      url: try PostgresURL("postgres://u:\(Self.password)@h/d"), applicationName: "postgres-tests",
      options: ["my.secret": Self.password])
    var dumped = ""
    dump(settings, to: &dumped)
    for text in ["\(settings)", String(reflecting: settings), dumped] {
      #expect(!text.contains(Self.password))
    }
  }
}
