internal import HTTPTypes
internal import Hummingbird

extension DemoApp {
  func showHome(_ request: Request) async -> Response {
    guard let account = await signedIn(request) else {
      return .page(
        "Demo app",
        """
        <p>You are not signed in.</p>
        <p><a href="/sign-in">Sign in</a> or <a href="/sign-up">create an account</a>.</p>
        """)
    }
    return .page(
      "Signed in as \(account.email)",
      "<form method=\"post\" action=\"/sign-out\">\(FormPart.button("Sign out"))</form>")
  }

  func signOut(_ request: Request) async -> Response {
    if let id = request.cookies[Self.cookieName]?.value { await sessions.end(id) }
    var response = Response.redirect(to: "/")
    response.setCookie(sessionCookie("", maxAge: 0))
    return response
  }

  /// Whose session the request brings.
  func signedIn(_ request: Request) async -> Account? {
    guard let id = request.cookies[Self.cookieName]?.value,
      let accountID = await sessions.accountID(ofSession: id)
    else { return nil }
    return await accounts.account(id: accountID)
  }

  /// Begins a session in place of the one the request may have brought.
  func welcome(_ account: Account, _ request: Request) async -> Response {
    if let old = request.cookies[Self.cookieName]?.value { await sessions.end(old) }
    var response = Response.redirect(to: "/")
    response.setCookie(sessionCookie(await sessions.begin(for: account.id)))
    return response
  }

  private static var cookieName: String { "demo_session" }

  private func sessionCookie(_ id: String, maxAge: Int? = nil) -> Cookie {
    Cookie(
      name: Self.cookieName, value: id, maxAge: maxAge, path: "/",
      secure: configuration.isHTTPS, httpOnly: true, sameSite: .lax)
  }
}
