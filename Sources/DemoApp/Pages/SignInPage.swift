internal import HTTPTypes
internal import Hummingbird

extension DemoApp {
  func showSignIn(_ request: Request) -> Response {
    let isChanged = FormFields(queryOf: request)["password"] == "changed"
    return signInPage(status: isChanged ? "Your password has been changed. Sign in with it." : nil)
  }

  private func signInPage(
    email: String = "", problem: String? = nil, status: String? = nil
  ) -> Response {
    .page(
      "Sign in", status: problem == nil ? .ok : .unprocessableContent,
      """
      \(FormPart.status(status))\(FormPart.alert(problem))
      <form method="post" action="/sign-in">
      \(FormPart.email(email))
      \(FormPart.currentPassword())
      \(FormPart.button("Sign in"))
      </form>
      <p><a href="/forgot">Forgot your password?</a></p>
      <p><a href="/sign-up">Create an account</a></p>
      """)
  }

  /// An unknown address costs one hash too, so that time does not tell it from a wrong password.
  func signIn(_ request: Request, _ context: DemoContext) async throws -> Response {
    let form = try await FormFields(request, context)
    let email = form["email"] ?? ""
    let account = await accounts.account(email: email)
    let isRight = try await hasher.verify(
      form["password"] ?? "", account?.passwordHash ?? decoyHash)
    guard let account, isRight else {
      return signInPage(email: email, problem: "The address or the password is wrong.")
    }
    return await welcome(account, request)
  }
}
