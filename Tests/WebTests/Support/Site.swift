import Formats
import HTTPTypes
import Hooks
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import PasswordReset
import StoreContract
import Templates
import Testing

@testable import Web

/// Both doors over one store in memory. Requests go to the responders; no socket is opened.
struct Site {
  enum Kind { case `public`, `internal` }

  let store = MemoryStore()
  let log = LogBook()
  let vault: Vault
  let contract: StoreContract
  /// The key of the caller `app`.
  let key: String
  let publicResponder: SurfaceResponder
  let internalResponder: SurfaceResponder

  /// - Parameters:
  ///   - checks: what readiness finds.
  ///   - hooks: the mail providers that may report.
  init(
    checks: [ReadinessCheck] = [], recorder: (any RequestRecorder)? = nil,
    limits: EdgeLimits = EdgeLimits(), hooks: Set<String> = [],
    permits: BodyPermits = BodyPermits(), pages files: TemplateFiles = .embedded("pages")
  ) throws {
    let (store, contract) = (self.store, try StoreContract(Store(store)) { _ in })
    let vault = contract.vault
    let callers = Reloadable(CallerBook(common: try Sample.settings(), own: [:]))
    let pages = Reloadable(try Pages(files) { Array($0.prefix(32)) })
    let surface = Self.surface(
      store, recorder ?? store, vault, callers, pages, FixedReadiness(checks: checks),
      try Self.hooks(hooks, permits, store, vault))
    let made = try CallerKeys.newKey(for: "app", createdAt: "2026-11-01")
    let keys = Reloadable(try CallerKeys(file: made.entry.line))
    let logger = log.logger
    (self.contract, self.vault, key) = (contract, vault, made.key)
    publicResponder = SurfaceResponder(
      table: RouteTable(routes: surface.publicRoutes(hookBody: limits.hookBody)),
      keys: Reloadable(.empty), callers: callers,
      headers: SecurityHeaders(for: .public(isSecure: true)),
      log: AccessLog(logger: logger, listener: .public), limits: limits,
      notFoundPage: surface.problemPage)
    internalResponder = SurfaceResponder(
      table: RouteTable(routes: surface.internalRoutes), keys: keys, callers: callers,
      headers: SecurityHeaders(for: .internal),
      log: AccessLog(logger: logger, listener: .internal), limits: limits, notFoundPage: nil)
  }

  private static func surface(
    _ store: MemoryStore, _ recorder: any RequestRecorder, _ vault: Vault,
    _ callers: Reloadable<CallerBook>, _ pages: Reloadable<Pages>, _ readiness: any Readiness,
    _ hooks: ProviderHooks
  ) -> Surface {
    let request = RequestReset(recorder: recorder, vault: vault, clock: store) {
      () throws(ResetError) in (0..<20).map { _ in UInt8.random(in: 0...255) }
    }
    let verify = VerifyToken(
      reader: store, vault: vault, clock: store, retention: WholeDuration(seconds: 2_592_000))
    return Surface(
      request: request,
      again: AskAgain(request: request, reader: store, vault: vault, callers: callers),
      verify: verify,
      consume: ConsumeToken(consumer: store, vault: vault, verify: verify, callers: callers),
      complete: CompleteReset(completer: store, callers: callers),
      invalidate: InvalidateAccount(revoker: store, vault: vault), reader: store,
      readiness: readiness, vault: vault, callers: callers,
      addresses: Sample.policy, pages: pages, hooks: hooks)
  }

  private static func hooks(
    _ names: Set<String>, _ permits: BodyPermits, _ store: MemoryStore, _ vault: Vault
  ) throws -> ProviderHooks {
    let suppressor = Suppressor(
      vault: vault, lifetime: WholeDuration(seconds: 3600), clock: store
    ) { () throws(ResetError) in (0..<10).map { _ in UInt8.random(in: 0...255) } }
    let take = TakeProviderReports(
      store: store, reader: store, suppressor: suppressor, vault: vault,
      callers: { ["app", "other"] },
      subscribers: { EventSubscribers(common: true, exceptions: []) })
    let policy = Sample.policy
    let hooks: [any ProviderHook] = [
      try SendGridHook(file: HookVector.sendGridKey, addresses: policy),
      try MailgunHook(file: HookVector.mailgunKey, addresses: policy),
      try PostmarkHook(file: HookVector.postmarkKey, addresses: policy),
      try SESHook(topics: HookVector.topic, fetcher: CertificateWeb(), addresses: policy),
    ]
    return ProviderHooks(
      hooks.filter { names.contains(type(of: $0).name) }, take: take, clock: store, permits: permits
    )
  }
}

extension Site {
  /// What went out, read to its end.
  struct Answer {
    let status: Int
    let headers: HTTPFields
    let body: String

    /// The body's JSON object.
    var object: JSONObject? { (try? JSON(parsing: Array(body.utf8)))?.object }
    var code: String? { object?["code"]?.string }
  }

  /// - Parameter path: the target as it is sent, with its query.
  func send(
    _ method: HTTPRequest.Method, _ path: String, at listener: Kind,
    headers: [(String, String)] = [], body: RequestBody = RequestBody(buffer: ByteBuffer())
  ) async throws -> Answer {
    var request = HTTPRequest(method: method, scheme: "http", authority: "a.test", path: path)
    for (name, value) in headers {
      request.headerFields.append(HTTPField(name: try #require(.init(name)), value: value))
    }
    let channel = NIOAsyncTestingChannel()
    let context = SurfaceResponder.Context(
      source: ApplicationRequestContextSource(channel: channel, logger: log.logger))
    let responder = listener == .public ? publicResponder : internalResponder
    let response = try await responder.respond(
      to: Request(head: request, body: body), context: context)
    let collector = Collector()
    try await response.body.write(collector)
    _ = try? await channel.finish()
    return Answer(
      status: response.status.code, headers: response.headers, body: collector.text)
  }

  /// A caller's POST of JSON.
  func call(
    _ path: String, _ json: String, headers: [(String, String)] = []
  ) async throws -> Answer {
    let own = [("Authorization", "Bearer \(key)"), ("Content-Type", "application/json")]
    return try await send(
      .post, path, at: .internal, headers: own + headers,
      body: RequestBody(buffer: ByteBuffer(string: json)))
  }

  /// A form that a person sends.
  func form(
    _ text: String, type: String = "application/x-www-form-urlencoded",
    headers: [(String, String)] = []
  ) async throws -> Answer {
    try await send(
      .post, "/reset/again", at: .public, headers: [("Content-Type", type)] + headers,
      body: RequestBody(buffer: ByteBuffer(string: text)))
  }

  func open(_ target: String) async throws -> Answer { try await send(.get, target, at: .public) }

  /// The token of a link that has been mailed to a new address.
  func liveToken(_ ask: Ask = Ask()) async throws -> String {
    try vault.mint(.reset, for: try await contract.mail(ask))
  }
}

private final class Collector: ResponseBodyWriter {
  var text = ""

  func write(_ buffer: ByteBuffer) async throws { text += String(buffer: buffer) }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

/// A response's body as text.
func text(of response: Response) async throws -> String {
  let collector = Collector()
  try await response.body.write(collector)
  return collector.text
}
