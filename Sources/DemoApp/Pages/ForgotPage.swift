internal import HTTPTypes
internal import Hummingbird

extension DemoApp {
  func showForgot(email: String = "", problem: String? = nil) -> Response {
    .page(
      "Forgot your password?", status: problem == nil ? .ok : .unprocessableContent,
      """
      \(FormPart.alert(problem))
      <p>Type the address of your account. We will send you a link to choose a new password.</p>
      <form method="post" action="/forgot">
      \(FormPart.email(email))
      \(FormPart.button("Send the link"))
      </form>
      <p><a href="/sign-in">Back to sign in</a></p>
      """)
  }

  /// Rekey is asked whether or not there is an account, and every answer of this page is the same
  /// for both: who is a customer here is nobody's business.
  func forgot(_ request: Request, _ context: DemoContext) async throws -> Response {
    let email = try await FormFields(request, context)["email"] ?? ""
    guard Account.isPlausible(email: email) else { return notAnAddress(email) }
    let account = await accounts.account(email: email)
    do {
      try await rekey.request(email: email, account: account, clientIP: context.clientIP)
      return linkSent()
    } catch {
      switch error {
      case .emailInvalid: return notAnAddress(email)
      case .rateLimited(let seconds): return tooMany(seconds)
      default: return sorry(retry: "/forgot")
      }
    }
  }

  private func notAnAddress(_ email: String) -> Response {
    showForgot(email: email, problem: "That is not an e-mail address.")
  }

  private func linkSent() -> Response {
    let mailbox: HTML? = configuration.mailboxURL.map {
      "<p><a href=\"\($0)\">Read the mail</a> (development only)</p>"
    }
    return .page(
      "Check your mail",
      """
      <p role="status">If there is an account with that address, we have sent it a link. It works
      for a short time and once.</p>
      <p>Nothing there? Look into the spam folder, or <a href="/forgot">try again</a>.</p>
      \(mailbox)
      """)
  }

  private func tooMany(_ seconds: Int) -> Response {
    // Rounded up: coming back too early would be refused again.
    let minutes = max(1, seconds / 60 + (seconds % 60 == 0 ? 0 : 1))
    let wait = minutes == 1 ? "1 minute" : "\(minutes) minutes"
    var response = Response.page(
      "Too many attempts", status: .tooManyRequests,
      """
      <p role="alert">A link was asked for too often. Try again in \(wait).</p>
      <p><a href="/sign-in">Back to sign in</a></p>
      """)
    response.headers[.retryAfter] = String(max(1, seconds))
    return response
  }

  /// Rekey cannot be asked now.
  func sorry(retry path: String) -> Response {
    var response = Response.page(
      "Please try again", status: .serviceUnavailable,
      """
      <p role="alert">We cannot do this right now. Nothing is lost: try again in a minute.</p>
      <p><a href="\(path)">Try again</a></p>
      """)
    response.headers[.retryAfter] = "60"
    return response
  }
}
