internal import Formats
internal import PasswordReset
internal import Transfer

/// A receiver of one's own, called as Standard Webhooks 1.0.0 has it:
/// `webhook+https://host/path?secret_file=…`.
///
/// The call is a POST with `webhook-id`, the mail's id, which is the same in every attempt, so a
/// receiver that has seen it sends nothing and answers 2xx; `webhook-timestamp`; and
/// `webhook-signature`, one `v1,…` for each secret. The body is a JSON object:
///
/// ```
/// {"from": "\"Example\" <no-reply@example.com>", "to": "ada@example.org",
///  "subject": "…", "text": "…", "html": "…",
///  "message_id": "<…@example.com>", "request_id": "…",
///  "date": "2026-11-21T09:30:00.123Z", "headers": {"Auto-Submitted": "auto-generated", …},
///  "attachments": [{"name": "logo.png", "content_type": "image/png",
///                   "content_id": "logo.png", "content": "base64"}]}
/// ```
///
/// `attachments` is there if there are any; `content_id` if the HTML part shows the file by `cid:`.
/// Any 2xx says that the mail has been taken.
struct MailWebhook: HTTPProvider {
  static let schemes = ["webhook+https"]
  static let options = [secretFile] + .ofAPIs
  static let hasPath = true

  private static let secretFile = ProviderOption("secret_file", .file)

  struct Credentials: Sendable {
    let secrets: WebhookSecrets
    let clock: any DatabaseClock
  }

  let endpoint: APIEndpoint
  /// With its slash.
  private let path: SecretText
  private let secretFile: String

  init(_ url: ProviderURL) throws(MailingError) {
    guard url.user == nil else {
      throw .transportURL(problem: "a webhook has no user; calls are signed")
    }
    guard let file = url.options[Self.secretFile] else {
      throw .transportURL(problem: "webhook+https:// needs secret_file")
    }
    secretFile = file
    path = SecretText(url.path.isEmpty ? "/" : url.path)
    endpoint = try APIEndpoint(url, usualHost: nil)
  }

  func credentials(_ context: TransportContext) throws(MailingError) -> Credentials {
    let text = try SecretFile.text(secretFile, Self.secretFile)
    do throws(WebhookSecrets.Problem) {
      return Credentials(secrets: try WebhookSecrets(file: text), clock: context.clock)
    } catch {
      throw .secretFile(
        option: Self.secretFile.name, path: secretFile, problem: error.description)
    }
  }

  func call(
    for mail: RenderedMail, with credentials: Credentials
  ) async throws(CallProblem) -> HTTPTransfer {
    guard let now = try? credentials.clock.now() else { throw Self.problem("clock_unavailable") }
    let body = FileJSON.body(
      Self.message(mail), files: mail.files.map(Self.entry), under: "attachments",
      content: "content")
    let signature: [(name: String, value: String)]?
    do throws(TransferError) {
      signature = try await body.digest { next in
        try? credentials.secrets.headers(id: mail.messageID.description, at: now, chunks: next)
      }
    } catch { throw CallProblem(outcome: DeliveryOutcome(error)) }
    guard let signature else { throw Self.problem("signing_failed") }
    return endpoint.post(
      path.revealed, type: "application/json", headers: signature, body: body)
  }

  private static func problem(_ cause: String) -> CallProblem {
    CallProblem(outcome: .transient(cause: cause, blame: .message))
  }

  private static func message(_ mail: RenderedMail) -> JSONObject {
    [
      "from": .string(mail.from.quotedForm), "to": .string(mail.to.text),
      "subject": .string(mail.subjectLine), "text": .string(mail.text),
      "html": .string(mail.html), "message_id": .string(mail.messageIDField),
      "request_id": .string(mail.requestID.description), "date": .string(mail.date.description),
      "headers": .object(JSONObject(texts: RenderedMail.quietFields)),
    ]
  }

  private static func entry(_ file: MailFile) -> FileJSON.Entry {
    let members = JSONObject(present: [
      ("name", .string(file.name)), ("content_type", .string(file.mediaType)),
      ("content_id", file.isInline ? .string(file.name) : nil),
    ])
    return (members, file)
  }

  /// Receivers have no codes beside the status.
  static func code(in answer: HTTPAnswer) -> String? { nil }
  static func meaning(of code: String) -> ErrorMeaning { .mail }
}
