internal import Formats
public import Hummingbird
public import Logging

/// A small main app with accounts, sign-in and a forgotten-password page: the example of how an
/// app uses Rekey. It knows Rekey only as an HTTP service; `Rekey/RekeyClient.swift` makes the
/// calls, `Pages/ForgotPage.swift` and `Pages/NewPasswordPage.swift` are the two pages that do.
public struct DemoApp: Sendable {
  public struct Configuration: Sendable, CustomStringConvertible {
    /// Where accounts are kept, one JSON object a line; made (mode 0600) when it is missing.
    public var accountsFile: String
    /// The key this app shows to Rekey.
    public var callerKey: String
    /// Accounts made when the file holds none.
    public var seeds: [Seed]
    /// True when the app is reached over https: cookies are then `Secure`.
    public var isHTTPS = false
    /// Where the mails of a development setup can be read; shown after a link was asked for.
    public var mailboxURL: String?

    public init(
      accountsFile: String, callerKey: String, seeds: [Seed] = [.ada], mailboxURL: String? = nil
    ) {
      self.accountsFile = accountsFile
      self.callerKey = callerKey
      self.seeds = seeds
      self.mailboxURL = mailboxURL
    }

    /// Without the key.
    public var description: String { "demo app with accounts in \(accountsFile)" }
  }

  public struct Seed: Sendable, CustomStringConvertible {
    public var email: String
    public var password: String

    public init(email: String, password: String) {
      self.email = email
      self.password = password
    }

    public var description: String { "an account to begin with" }

    public static let ada = Seed(
      email: "ada@example.com", password: "correct horse battery staple")
  }

  let configuration: Configuration
  let accounts: AccountStore
  let sessions: SessionStore
  let rekey: RekeyClient
  let hasher: PasswordHasher
  let random: RandomBytes
  /// Checked against when an address is unknown, so that sign-in takes as long as for a known one.
  let decoyHash: String
  let logger: Logger

  /// Reads the accounts and makes the seeds when there are none.
  /// - Throws: `AccountStoreError` for a file that cannot be read or written; what `hasher` throws.
  public init(
    configuration: Configuration, rekey transport: any RekeyTransport,
    hasher: PasswordHasher = .scrypt, random: @escaping RandomBytes = systemRandom, logger: Logger
  ) async throws {
    self.configuration = configuration
    self.hasher = hasher
    self.random = random
    self.logger = logger
    rekey = RekeyClient(transport: transport, callerKey: configuration.callerKey, logger: logger)
    sessions = SessionStore(random: random)
    accounts = try AccountStore(file: configuration.accountsFile, random: random)
    decoyHash = try await hasher.hash(Hex.encode(random(16)))
    for seed in await accounts.isEmpty ? configuration.seeds : [] {
      let hash = try await hasher.hash(seed.password)
      _ = try await accounts.create(email: seed.email, passwordHash: hash, locale: "en")
    }
  }

  /// The app as a service that runs until it is told to stop.
  /// - Parameters:
  ///   - port: 0 lets the system choose.
  ///   - onRunning: told the port once it listens.
  public func application(
    host: String = "127.0.0.1", port: Int,
    onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
  ) -> some ApplicationProtocol {
    Application(
      router: routes(),
      server: .http1(configuration: .init(idleTimeout: .seconds(30))),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      onServerRunning: { await onRunning($0.localAddress?.port ?? port) },
      logger: logger)
  }

  /// The whole surface.
  func routes() -> Router<DemoContext> {
    let router = Router(context: DemoContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: PageHeaders())
    router.add(middleware: PageErrors())
    router.add(middleware: CrossOriginProtection())
    router.get("/") { request, _ in await showHome(request) }
    router.get("/sign-up") { _, _ in showSignUp() }
    router.post("/sign-up") { request, context in try await signUp(request, context) }
    router.get("/sign-in") { request, _ in showSignIn(request) }
    router.post("/sign-in") { request, context in try await signIn(request, context) }
    router.post("/sign-out") { request, _ in await signOut(request) }
    router.get("/forgot") { _, _ in showForgot() }
    router.post("/forgot") { request, context in try await forgot(request, context) }
    router.get("/new-password") { request, _ in await showNewPassword(request) }
    router.post("/new-password") { request, context in try await newPassword(request, context) }
    return router
  }
}
