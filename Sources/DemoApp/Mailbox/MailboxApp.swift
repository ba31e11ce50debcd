public import Hummingbird
public import Logging

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A page that shows received mails: the mailbox of a development setup. It has no sign-in, and
/// mails hold live links, so it belongs on a loopback address only.
public struct MailboxApp: Sendable {
  let source: any MailboxSource
  let logger: Logger

  public init(source: any MailboxSource, logger: Logger) {
    self.source = source
    self.logger = logger
  }

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
  func routes() -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: PageHeaders(contentSecurityPolicy: Self.contentSecurityPolicy))
    router.add(middleware: PageErrors())
    router.get("/") { _, _ in await showList() }
    router.get("/mails/{id}") { _, context in try await showMail(context) }
    router.get("/api/mails") { request, _ in try await listAsJSON(request) }
    return router
  }

  /// The frame of a mail's HTML part inherits this: no image or script of a mail is ever loaded.
  private static let contentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; "
    + "form-action 'none'; frame-ancestors 'none'"
}

// GET /api/mails
extension MailboxApp {
  private struct Entry: Encodable {
    let id: Int
    let from: String
    let to: [String]
    let subject: String
    let receivedAt: String
    let text: String?
    let html: String?

    private enum CodingKeys: String, CodingKey {
      case id, from, to, subject, text, html
      case receivedAt = "received_at"
    }
  }

  /// Newest first; `?to=address` leaves only the mails to that recipient, byte for byte.
  func listAsJSON(_ request: Request) async throws -> Response {
    let recipient = FormFields(queryOf: request)["to"]
    let mails = await source.list().reversed().filter { mail in
      recipient.map { wanted in mail.to.contains { $0.utf8.elementsEqual(wanted.utf8) } } ?? true
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(
      mails.map { mail in
        Entry(
          id: mail.id, from: mail.from, to: mail.to, subject: mail.subject,
          receivedAt: mail.receivedAtText, text: mail.text, html: mail.html)
      })
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
  }
}

extension MailboxMail {
  /// RFC 3339, UTC, in seconds.
  var receivedAtText: String {
    Date(timeIntervalSince1970: Double(receivedAt) / 1000).formatted(.iso8601)
  }
}
