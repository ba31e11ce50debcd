internal import Formats
internal import PasswordReset
internal import Transfer

/// Resend: `resend://KEY@[host]`. Its Idempotency-Key keeps a mail from going out twice within 24 hours.
struct Resend: KeyedProvider {
  static let schemes = ["resend"]
  static let options = [.keyFile] + .ofAPIs

  let endpoint: APIEndpoint
  let key: ProviderKey

  init(_ url: ProviderURL) throws(MailingError) {
    key = try ProviderKey(url)
    endpoint = try APIEndpoint(url, usualHost: "api.resend.com")
  }

  func call(
    for mail: RenderedMail, with key: SecretText
  ) async throws(CallProblem) -> HTTPTransfer {
    endpoint.post(
      "/emails", type: "application/json",
      headers: [
        ("authorization", "Bearer \(key.revealed)"),
        ("idempotency-key", mail.messageID.description),
      ],
      body: FileJSON.body(
        Self.message(mail), files: mail.files.map(Self.entry), under: "attachments",
        content: "content"))
  }

  /// Message-ID and Date are not among the fields: Resend sends by Amazon SES, which puts its own
  /// in their place. Tracking is a setting of the domain, not of a mail.
  private static func message(_ mail: RenderedMail) -> JSONObject {
    [
      "from": .string(sender(mail.from)), "to": .array([.string(mail.to.text)]),
      "subject": .string(mail.subjectLine), "text": .string(mail.text),
      "html": .string(mail.html), "headers": .object(JSONObject(texts: RenderedMail.quietFields)),
      "tags": .array([
        .object([
          "name": .string(RenderedMail.requestKey), "value": .string(mail.requestID.description),
        ])
      ]),
    ]
  }

  /// Resend takes neither quotes nor encoded-words here: what would need them falls out.
  private static func sender(_ mailbox: Mailbox) -> String {
    let special = "()<>[]:;@\\,\"".utf8
    let name = mailbox.shownName.map {
      HeaderField.line(
        String(decoding: $0.utf8.map { special.contains($0) ? 0x20 : $0 }, as: UTF8.self))
    }
    guard let name, !name.isEmpty else { return mailbox.address.text }
    return "\(name) <\(mailbox.address.text)>"
  }

  private static func entry(_ file: MailFile) -> FileJSON.Entry {
    let members = JSONObject(present: [
      ("filename", .string(file.name)), ("content_type", .string(file.mediaType)),
      ("content_id", file.isInline ? .string(file.name) : nil),
    ])
    return (members, file)
  }

  /// `name`, if it is a known one; `to` for a validation error that names the recipient.
  static func code(in answer: HTTPAnswer) -> String? {
    guard let object = (try? JSON(parsing: answer.body))?.object, let name = object["name"]?.string
    else { return nil }
    let message = object["message"]?.string ?? ""
    if name == "validation_error", message.utf8.starts(with: "Invalid `to` field".utf8) {
      return "to"
    }
    return known.contains(name) ? name : nil
  }

  private static let known: Set = [
    "validation_error", "missing_required_field", "invalid_attachment", "invalid_from_address",
    "invalid_parameter", "invalid_access", "invalid_idempotency_key", "invalid_idempotent_request",
    "concurrent_idempotent_requests", "security_error", "missing_api_key", "restricted_api_key",
    "invalid_api_key", "not_found", "method_not_allowed", "rate_limit_exceeded",
    "daily_quota_exceeded", "monthly_quota_exceeded", "application_error", "internal_server_error",
  ]

  /// | code | meaning |
  /// | --- | --- |
  /// | `to` | recipient |
  /// | `invalid_from_address`, `invalid_access`, any `…_api_key`, any `…_quota_exceeded` | account |
  /// | `concurrent_idempotent_requests`: the same mail is being taken right now | busy |
  /// | any other | mail |
  static func meaning(of code: String) -> ErrorMeaning {
    switch code {
    case "to": .recipient
    case "invalid_from_address", "invalid_access", "missing_api_key", "restricted_api_key",
      "invalid_api_key", "daily_quota_exceeded", "monthly_quota_exceeded":
      .account
    case "concurrent_idempotent_requests": .busy
    default: .mail
    }
  }
}
