import Cryptography
import DemoApp
import Logging
import Threading
import Transfer

/// The demo app, given the ways it needs: to Rekey, to slow hashes, to randomness.
enum DevApp {
  static func make(
    at place: DevPlace, in directory: DevDirectory, through loop: TransferLoop, logger: Logger
  ) async throws -> DemoApp {
    var configuration = DemoApp.Configuration(
      accountsFile: directory.file(.accounts), callerKey: place.callerKey)
    configuration.mailboxURL = place.mailbox
    let hashing = HashingThread()
    return try await DemoApp(
      configuration: configuration, rekey: RekeyOverHTTP(base: place.programs, loop: loop),
      hasher: PasswordHasher(
        hash: { try await hashing.hash($0) }, verify: { await hashing.verify($0, $1) }),
      random: { count in (0..<count).map { _ in .random(in: .min ... .max) } }, logger: logger)
  }
}

/// Rekey's internal listener over libcurl.
private struct RekeyOverHTTP: RekeyTransport {
  let base: String
  let loop: TransferLoop

  func post(
    path: String, body: [UInt8], headers: [(String, String)]
  ) async throws -> RekeyAnswer {
    let answer = try await loop.perform(
      HTTPTransfer(
        method: "POST", url: base + path, headers: headers.map { (name: $0.0, value: $0.1) },
        body: body, timeout: .seconds(10), allowPlainHTTP: true))
    return RekeyAnswer(
      status: answer.status, headers: answer.headers.map { ($0.name, $0.value) }, body: answer.body)
  }
}

/// A password hash keeps a core busy for a while, so it has a thread of its own.
private actor HashingThread {
  private let thread = DedicatedThread(name: "hashing")

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  func hash(_ password: String) throws -> String { try PasswordHash.make(password) }

  func verify(_ password: String, _ hash: String) -> Bool { PasswordHash.matches(password, hash) }
}
