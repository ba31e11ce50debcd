import Foundation
import Hummingbird
import Logging
import Synchronization

@testable import DemoApp

/// An app with a file of its own, a fake Rekey and a quick hash.
struct Setup {
  let rekey = FakeRekey()
  let app: DemoApp
  let path: String

  var browser: Browser<RouterResponder<DemoContext>> { Browser(app.routes().buildResponder()) }

  /// Runs a test and removes the file.
  static func run(
    seeds: [DemoApp.Seed] = [.ada], _ body: (Setup) async throws -> Void
  ) async throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "demo-accounts-\(UUID().uuidString)").path()
    defer { try? FileManager.default.removeItem(atPath: path) }
    try await body(Setup(path: path, seeds: seeds))
  }

  init(path: String, seeds: [DemoApp.Seed] = [.ada]) async throws {
    self.path = path
    var configuration = DemoApp.Configuration(
      accountsFile: path, callerKey: "key-of-the-app", seeds: seeds)
    configuration.mailboxURL = "http://127.0.0.1:8025/"
    let counter = Mutex<UInt8>(0)
    app = try await DemoApp(
      configuration: configuration, rekey: rekey,
      hasher: PasswordHasher(
        hash: { "hash of " + $0 }, verify: { $1 == "hash of " + $0 }),
      random: { count in
        let next = counter.withLock { value in
          value &+= 1
          return value
        }
        return [UInt8](repeating: next, count: count)
      },
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }
}

extension Browser {
  static var adasPassword: String { "correct horse battery staple" }

  func signIn(
    _ email: String = "ada@example.com", _ password: String = adasPassword
  ) async throws -> Answer {
    try await post("/sign-in", [("email", email), ("password", password)])
  }

  func forgot(_ email: String = "ada@example.com") async throws -> Answer {
    try await post("/forgot", [("email", email)])
  }

  func openLink() async throws -> Answer { try await get("/new-password?token=\(FakeRekey.token)") }

  /// Sends the form of the page a link has opened.
  func choose(_ password: String, on page: Answer) async throws -> Answer {
    try await post(
      "/new-password",
      [
        ("token", page.value(of: "token") ?? ""), ("attempt", page.value(of: "attempt") ?? ""),
        ("username", "ada@example.com"), ("password", password),
      ])
  }
}
