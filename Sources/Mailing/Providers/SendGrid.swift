internal import Formats
internal import PasswordReset
internal import Transfer

/// SendGrid, Mail Send v3: `sendgrid://KEY@[host]`. It has no idempotency keys.
struct SendGrid: KeyedProvider {
  static let schemes = ["sendgrid"]
  static let options = [.keyFile] + .ofAPIs

  let endpoint: APIEndpoint
  let key: ProviderKey

  init(_ url: ProviderURL) throws(MailingError) {
    key = try ProviderKey(url)
    endpoint = try APIEndpoint(url, usualHost: "api.sendgrid.com")
  }

  func call(
    for mail: RenderedMail, with key: SecretText
  ) async throws(CallProblem) -> HTTPTransfer {
    endpoint.post(
      "/v3/mail/send", type: "application/json",
      headers: [("authorization", "Bearer \(key.revealed)")],
      body: FileJSON.body(
        Self.message(mail), files: mail.files.map(Self.entry), under: "attachments",
        content: "content"))
  }

  private static func message(_ mail: RenderedMail) -> JSONObject {
    let fields =
      [("Message-ID", mail.messageIDField), ("Date", MailDate.text(mail.date))]
      + RenderedMail.quietFields
    return [
      "personalizations": .array([
        .object(["to": .array([.object(["email": .string(mail.to.text)])])])
      ]),
      "from": .object(
        JSONObject(present: [
          ("email", .string(mail.from.address.text)),
          ("name", mail.from.shownName.map(JSON.string)),
        ])),
      "subject": .string(mail.subjectLine),
      "content": .array([
        .object(["type": .string("text/plain"), "value": .string(mail.text)]),
        .object(["type": .string("text/html"), "value": .string(mail.html)]),
      ]),
      "headers": .object(JSONObject(texts: fields)),
      "custom_args": .object([RenderedMail.requestKey: .string(mail.requestID.description)]),
      "tracking_settings": untracked,
    ]
  }

  /// A tracker would put its own link in place of ours.
  private static let untracked = JSON.object([
    "click_tracking": .object(["enable": .bool(false), "enable_text": .bool(false)]),
    "open_tracking": .object(["enable": .bool(false)]),
    "subscription_tracking": .object(["enable": .bool(false)]),
    "ganalytics": .object(["enable": .bool(false)]),
  ])

  private static func entry(_ file: MailFile) -> FileJSON.Entry {
    let members = JSONObject(present: [
      ("filename", .string(file.name)), ("type", .string(file.mediaType)),
      ("disposition", .string(file.isInline ? "inline" : "attachment")),
      ("content_id", file.isInline ? .string(file.name) : nil),
    ])
    return (members, file)
  }

  /// SendGrid has no codes but names the field at fault, `errors[0].field`.
  static func code(in answer: HTTPAnswer) -> String? {
    let errors = (try? JSON(parsing: answer.body))?.object?["errors"]?.array
    let fields = ["personalizations.0.to.0.email", "personalizations.0.to"]
    let field = errors?.first?.object?["field"]?.string
    return field.map(fields.contains) == true ? "to" : nil
  }

  /// | code | meaning |
  /// | --- | --- |
  /// | `to`: the recipient's address is none | recipient |
  static func meaning(of code: String) -> ErrorMeaning { code == "to" ? .recipient : .mail }
}
