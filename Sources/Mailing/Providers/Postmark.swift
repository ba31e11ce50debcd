internal import Formats
internal import PasswordReset
internal import Transfer

/// Postmark, the Email API: `postmark://TOKEN@[host][?stream=…]`. It has no idempotency keys.
struct Postmark: KeyedProvider {
  static let schemes = ["postmark"]
  static let options = [stream, .keyFile] + .ofAPIs

  private static let stream = ProviderOption("stream", .givenName)

  let endpoint: APIEndpoint
  let key: ProviderKey
  /// Postmark's own default where it is nil.
  private let stream: String?

  init(_ url: ProviderURL) throws(MailingError) {
    stream = url.options[Self.stream]
    key = try ProviderKey(url)
    endpoint = try APIEndpoint(url, usualHost: "api.postmarkapp.com")
  }

  func call(
    for mail: RenderedMail, with token: SecretText
  ) async throws(CallProblem) -> HTTPTransfer {
    endpoint.post(
      "/email", type: "application/json", headers: [("x-postmark-server-token", token.revealed)],
      body: FileJSON.body(
        message(mail), files: mail.files.map(Self.entry), under: "Attachments", content: "Content"))
  }

  private func message(_ mail: RenderedMail) -> JSONObject {
    // Without the second field Postmark puts a Message-ID of its own in place of the first; the
    // date is always Postmark's.
    let fields =
      [("Message-ID", mail.messageIDField), ("X-PM-KeepID", "true")] + RenderedMail.quietFields
    return JSONObject(present: [
      ("From", .string(mail.from.quotedForm)), ("To", .string(mail.to.text)),
      ("Subject", .string(mail.subjectLine)), ("TextBody", .string(mail.text)),
      ("HtmlBody", .string(mail.html)), ("MessageStream", stream.map(JSON.string)),
      ("Metadata", .object([RenderedMail.requestKey: .string(mail.requestID.description)])),
      (
        "Headers",
        .array(fields.map { .object(["Name": .string($0.0), "Value": .string($0.1)]) })
      ),
      // A tracker would put its own link in place of ours.
      ("TrackOpens", .bool(false)), ("TrackLinks", .string("None")),
    ])
  }

  private static func entry(_ file: MailFile) -> FileJSON.Entry {
    let members = JSONObject(present: [
      ("Name", .string(file.name)), ("ContentType", .string(file.mediaType)),
      ("ContentID", file.isInline ? .string("cid:\(file.name)") : nil),
    ])
    return (members, file)
  }

  /// `ErrorCode`; 300, which stands for any field at fault, is `300_to` for the recipient's.
  static func code(in answer: HTTPAnswer) -> String? {
    guard let object = (try? JSON(parsing: answer.body))?.object,
      let number = object["ErrorCode"]?.integer, (0...99_999).contains(number)
    else { return nil }
    let message = object["Message"]?.string ?? ""
    let isAboutRecipient = ["Invalid 'To'", "Error parsing 'To'"].contains {
      message.utf8.starts(with: $0.utf8)
    }
    return number == 300 && isAboutRecipient ? "300_to" : String(number)
  }

  /// | code | meaning |
  /// | --- | --- |
  /// | 406 inactive recipient (hard bounce or complaint before), 300 for `To` | recipient |
  /// | 10 token, 100 maintenance, 400 and 401 sender, 405 credits, 412 and 413 account, 429 rate,
  ///   1221, 1226 and 1235 message stream | account |
  /// | any other | mail |
  static func meaning(of code: String) -> ErrorMeaning {
    switch code {
    case "406", "300_to": .recipient
    case "10", "100", "400", "401", "405", "412", "413", "429", "1221", "1226", "1235": .account
    default: .mail
    }
  }
}
