internal import Formats
internal import PasswordReset
internal import Transfer

/// Mailgun, with the whole message as MIME: `mailgun://KEY@[host]?domain=…`, the host
/// `api.eu.mailgun.net` in the EU. It has no idempotency keys.
struct Mailgun: KeyedProvider {
  static let schemes = ["mailgun"]
  static let options = [domain, .keyFile] + .ofAPIs

  private static let domain = ProviderOption(
    "domain", .text(signs: "-.", limit: 253, what: "is a domain name"))

  let endpoint: APIEndpoint
  let key: ProviderKey
  private let domain: String

  init(_ url: ProviderURL) throws(MailingError) {
    guard let domain = url.options[Self.domain] else {
      throw .transportURL(problem: "mailgun:// needs domain")
    }
    self.domain = domain
    key = try ProviderKey(url)
    endpoint = try APIEndpoint(url, usualHost: "api.mailgun.net")
  }

  func call(
    for mail: RenderedMail, with key: SecretText
  ) async throws(CallProblem) -> HTTPTransfer {
    // Named after the mail, which no part of it can know.
    let boundary = "form-\(mail.messageID)"
    return endpoint.post(
      "/v3/\(domain)/messages.mime", type: "multipart/form-data; boundary=\(boundary)",
      body: Self.form(mail, boundary),
      authentication: .basic(user: "api", password: key.revealed))
  }

  /// RFC 7578. A tracker would put its own link in place of ours.
  private static func form(_ mail: RenderedMail, _ boundary: String) -> TransferBody {
    let fields = [
      ("to", mail.to.text), ("o:tracking", "no"), ("o:tracking-clicks", "no"),
      ("o:tracking-opens", "no"), ("v:\(RenderedMail.requestKey)", mail.requestID.description),
    ]
    let part = "--\(boundary)\r\nContent-Disposition: form-data; name="
    var head = ""
    for (name, value) in fields { head += "\(part)\"\(name)\"\r\n\r\n\(value)\r\n" }
    head += "\(part)\"message\"; filename=\"message.mime\"\r\n"
    head += "Content-Type: message/rfc822\r\n\r\n"
    return TransferBody(
      [.bytes(Array(head.utf8))] + MIMEMessage.body(of: mail).pieces
        + [.bytes(Array("\r\n--\(boundary)--\r\n".utf8))])
  }

  /// Mailgun has no codes; one of its sentences is about the recipient.
  static func code(in answer: HTTPAnswer) -> String? {
    let message = (try? JSON(parsing: answer.body))?.object?["message"]?.string ?? ""
    return message.utf8.starts(with: "'to' parameter is not a valid address".utf8) ? "to" : nil
  }

  /// | code | meaning |
  /// | --- | --- |
  /// | `to`: the recipient's address is none | recipient |
  static func meaning(of code: String) -> ErrorMeaning { code == "to" ? .recipient : .mail }
}
