internal import HTTPTypes
internal import Hummingbird

extension DemoApp {
  func showSignUp(email: String = "", problem: String? = nil) -> Response {
    .page(
      "Create an account", status: problem == nil ? .ok : .unprocessableContent,
      """
      \(FormPart.alert(problem))
      <form method="post" action="/sign-up">
      \(FormPart.email(email))
      \(FormPart.newPassword(label: "Password"))
      \(FormPart.button("Create account"))
      </form>
      <p><a href="/sign-in">I have an account</a></p>
      """)
  }

  /// Tells when an address is taken. An app that must not tell has the address confirmed by mail
  /// before it shows anything.
  func signUp(_ request: Request, _ context: DemoContext) async throws -> Response {
    let form = try await FormFields(request, context)
    let email = form["email"] ?? ""
    let password = form["password"] ?? ""
    guard Account.isPlausible(email: email) else {
      return showSignUp(email: email, problem: "That is not an e-mail address.")
    }
    guard isAcceptable(password: password) else {
      return showSignUp(email: email, problem: "The password needs at least 8 characters.")
    }
    let hash = try await hasher.hash(password)
    let locale = preferredLanguage(request.headers[.acceptLanguage] ?? "")
    let account = try await accounts.create(email: email, passwordHash: hash, locale: locale)
    guard let account else {
      return showSignUp(email: email, problem: "There is an account with this address.")
    }
    return await welcome(account, request)
  }
}

/// The first language of an `Accept-Language` field if it is a plain tag, `en` otherwise.
func preferredLanguage(_ field: String) -> String {
  let tag = field.utf8.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: ";") }
  let isPlain = tag.allSatisfy { byte in
    byte == UInt8(ascii: "-")
      || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
  }
  return isPlain && (2...11).contains(tag.count) ? String(Substring(tag)) : "en"
}
