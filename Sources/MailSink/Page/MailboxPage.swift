internal import Formats
internal import Foundation
internal import HTTPTypes
public import Hummingbird
public import Logging

/// Pages that show received mails. They have no sign-in, and mails hold live links, so they belong
/// on a loopback address only.
public struct MailboxPage: Sendable {
  private let logger: Logger
  var now: @Sendable () -> Date = { Date() }
  let mails: @Sendable () -> [ReceivedMail]

  /// - Parameter mails: all mails, newest last.
  public init(logger: Logger, mails: @escaping @Sendable () -> [ReceivedMail]) {
    self.logger = logger
    self.mails = mails
  }

  public func application(host: String = "127.0.0.1", port: Int) -> some ApplicationProtocol {
    Application(
      router: routes(),
      server: .http1(configuration: .init(idleTimeout: .seconds(30))),
      configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
      logger: logger)
  }

  /// The whole surface.
  func routes() -> Router<BasicRequestContext> {
    let router = Router(options: .autoGenerateHeadEndpoints)
    router.add(middleware: MailboxHeaders())
    router.get("/") { request, _ in showList(to: request.recipient) }
    router.get("/newer") { request, _ in showNewer(request) }
    router.get("/mails/{id}") { _, context in showMail(context.parameters.get("id", as: Int.self)) }
    router.get("/api/mails") { request, _ in try listAsJSON(to: request.recipient) }
    return router
  }
}

// GET /api/mails
extension MailboxPage {
  private struct Entry: Encodable {
    let id: Int
    let from: String
    let to: [String]
    let subject, received_at: String
    let text, html: String?
  }

  /// Newest first; with a recipient only the mails to that one, byte for byte.
  func listAsJSON(to recipient: String?) throws -> Response {
    let mails = mails().reversed().filter { mail in
      recipient.map { wanted in mail.recipients.contains { $0.utf8.elementsEqual(wanted.utf8) } }
        ?? true
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(
      mails.map { mail in
        Entry(
          id: mail.id, from: mail.from, to: mail.recipients, subject: mail.subject,
          received_at: mail.received.formatted(.iso8601), text: mail.text, html: mail.html)
      })
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
  }
}

/// Nothing is kept, no script runs and nothing is loaded: the frame of a mail's HTML part inherits
/// this. What is not there is said by a page as well.
private struct MailboxHeaders: RouterMiddleware {
  private static let policy =
    "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; "
    + "form-action 'self'; frame-ancestors 'self'"

  func handle(
    _ request: Request, context: BasicRequestContext,
    next: (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do { response = try await next(request, context) } catch let error as HTTPError {
      response = .mailboxPage(
        "That did not work", status: error.status,
        "<p>The answer is \(String(error.status.code)).</p>")
    }
    response.headers[.cacheControl] = "no-store"
    response.headers[.contentSecurityPolicy] = Self.policy
    response.headers[.xContentTypeOptions] = "nosniff"
    if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "same-origin" }
    return response
  }
}

extension Request {
  /// `to` of the query as a form sends it, so a plus is a blank; nil where it is empty.
  var recipient: String? { field("to") }

  func field(_ name: String) -> String? {
    let fields = (uri.query ?? "").split(separator: "&")
    let value = fields.first { $0.hasPrefix("\(name)=") }?.dropFirst(name.count + 1)
    let text = value.flatMap { PercentEncoding.decode($0.replacing("+", with: " ").utf8) }
    return text == "" ? nil : text
  }
}

extension ReceivedMail {
  var received: Date { Date(timeIntervalSince1970: Double(receivedAt) / 1000) }
}
