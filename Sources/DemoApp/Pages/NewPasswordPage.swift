internal import Formats
internal import HTTPTypes
internal import Hummingbird

// The page a mailed link leads to. Its address holds the token, so nothing on it leads elsewhere
// and no referrer is sent.
extension DemoApp {
  /// Verifies only: mail scanners open links, and opening one must not use it up.
  func showNewPassword(_ request: Request) async -> Response {
    guard let token = FormFields(queryOf: request)["token"], isSendable(token) else {
      return deadLink(.tokenInvalid).withoutReferrer()
    }
    return await newPasswordForm(token: token).withoutReferrer()
  }

  func newPassword(_ request: Request, _ context: DemoContext) async throws -> Response {
    let form = try await FormFields(request, context)
    guard let token = form["token"], isSendable(token), let attempt = form["attempt"],
      isAttempt(attempt)
    else { throw HTTPError(.badRequest) }
    let password = form["password"] ?? ""
    // First, because a password we refuse must not cost the user the link.
    guard isAcceptable(password: password) else {
      let problem = "The password needs at least 8 characters."
      return await newPasswordForm(token: token, problem: problem).withoutReferrer()
    }
    do {
      try await reset(token: token, attempt: attempt, password: password)
      return .redirect(to: "/sign-in?password=changed")
    } catch let refusal as RekeyRefusal {
      if refusal == .unavailable {
        let problem = "We cannot do this right now. Your link still works: try again in a minute."
        return newPasswordForm(
          token: token, email: form["username"] ?? "", attempt: attempt, problem: problem,
          status: .serviceUnavailable
        ).withoutReferrer()
      }
      return deadLink(refusal).withoutReferrer()
    }
  }

  /// Consumes the token before it writes the password: two forms with one link, and only one
  /// wins. Hashes before both, because hashing is slow and may fail.
  private func reset(token: String, attempt: String, password: String) async throws {
    let version = try await currentVersion(of: token)
    let hash = try await hasher.hash(password)
    let consumed = try await rekey.consume(token, accountVersion: version, attempt: attempt)
    guard let account = consumed.account, let version = account.version.flatMap(Int.init) else {
      throw RekeyRefusal.tokenInvalid
    }
    let isWritten = try await accounts.setPassword(
      ofAccount: account.id, hash: hash, ifVersion: version)
    // Not written when the form comes a second time: Rekey repeats its answer, but the version
    // has moved on.
    guard isWritten else { throw RekeyRefusal.tokenUsed }
    await sessions.endAll(of: account.id)
    // Only the notice is lost when this fails; the log has it.
    try? await rekey.complete(requestID: consumed.requestID)
  }

  /// The version to compare with the one the link was made for; nil when the token seems used,
  /// because it may have been used by this very form, whose answer got lost. Consume decides.
  private func currentVersion(of token: String) async throws(RekeyRefusal) -> String? {
    let answer: TokenAnswer
    do {
      answer = try await rekey.verify(token)
    } catch {
      if error == .tokenUsed { return nil }
      throw error
    }
    guard let id = answer.account?.id, let account = await accounts.account(id: id) else {
      throw .tokenInvalid
    }
    return String(account.passwordVersion)
  }

  /// Not whether it is a token, which is Rekey's to say, but whether Rekey can be asked at all.
  private func isSendable(_ token: String) -> Bool {
    (1...512).contains(token.utf8.count) && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// The name of one attempt, made with the form: 32 hexadecimal digits.
  private func isAttempt(_ text: String) -> Bool {
    text.utf8.count == 32 && text.utf8.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
  }
}

// What it shows.
extension DemoApp {
  private func newPasswordForm(token: String, problem: String? = nil) async -> Response {
    do {
      let email = try await rekey.verify(token).email
      return newPasswordForm(
        token: token, email: email, attempt: Hex.encode(random(16)), problem: problem,
        status: problem == nil ? .ok : .unprocessableContent)
    } catch {
      return deadLink(error)
    }
  }

  /// The address field is for password managers, which store the new password with it.
  private func newPasswordForm(
    token: String, email: String, attempt: String, problem: String?, status: HTTPResponse.Status
  ) -> Response {
    .page(
      "Choose a new password", status: status,
      """
      \(FormPart.alert(problem))
      <form method="post" action="/new-password">
      <input type="hidden" name="token" value="\(token)">
      <input type="hidden" name="attempt" value="\(attempt)">
      <label for="username">Account</label>
      <input id="username" name="username" type="email" autocomplete="username" readonly
        value="\(email)">
      \(FormPart.newPassword(label: "New password"))
      \(FormPart.button("Change password"))
      </form>
      """)
  }

  /// Says exactly why, and offers the way on.
  private func deadLink(_ refusal: RekeyRefusal) -> Response {
    let (status, text): (HTTPResponse.Status, String)
    switch refusal {
    case .tokenUsed: (status, text) = (.conflict, "This link has been used already.")
    case .accountChanged:
      (status, text) = (.conflict, "The password was changed after this link was asked for.")
    case .tokenReplaced: (status, text) = (.gone, "A newer link has been sent. Use that one.")
    case .tokenExpired: (status, text) = (.gone, "This link is too old.")
    case .tokenRevoked: (status, text) = (.gone, "This link has been withdrawn.")
    case .tokenInvalid, .emailInvalid:
      (status, text) = (.notFound, "This link is not valid. Was it copied whole?")
    case .rateLimited, .unavailable: return sorry(retry: "/forgot")
    }
    return .page(
      "This link does not work", status: status,
      """
      <p role="alert">\(text)</p>
      <p><a href="/forgot">Ask for a new link</a></p>
      <p><a href="/sign-in">Back to sign in</a></p>
      """)
  }
}

extension Response {
  fileprivate func withoutReferrer() -> Response {
    var response = self
    if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
    return response
  }
}
