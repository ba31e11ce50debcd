public import Formats
public import PasswordReset
public import Transfer

/// Asks the main app who owns an address: `POST {"email", "caller"}` to one URL, signed.
///
/// The app answers `200 {"account": {"id", "email", "locale"?, "version"?}}` or
/// `{"account": null}`; `404` means the same as the latter. Everything else is a fault that passes.
/// The mail goes to the `email` of the answer, so the app decides which spellings are one person.
public struct HTTPDirectory: AccountDirectory {
  /// Asked at once.
  public static let width = 10

  private static let maximumAnswer = 16 * 1024

  private let url: WebURL
  private let policy: EmailAddress.Policy
  private let clock: any DatabaseClock
  private let secrets: WebhookSecrets
  private let makeID: @Sendable () -> String
  private let timeout: Duration
  private let loop: TransferLoop

  /// - Parameters:
  ///   - policy: for the addresses in answers.
  ///   - clock: for the time in the signature.
  ///   - secrets: those of `accounts.secret_file`; each of them signs.
  ///   - makeID: names a call, in visible ASCII; no two calls may have one name.
  ///   - timeout: for the whole call.
  public init(
    _ url: WebURL, policy: EmailAddress.Policy, clock: any DatabaseClock,
    secrets: WebhookSecrets, makeID: @escaping @Sendable () -> String,
    timeout: Duration = .seconds(5), through loop: TransferLoop
  ) {
    self.url = url
    self.policy = policy
    self.clock = clock
    self.secrets = secrets
    self.makeID = makeID
    self.timeout = timeout
    self.loop = loop
  }

  public func account(
    for address: EmailAddress, caller: Caller
  ) async throws(DirectoryError) -> Account? {
    let question = try question(about: address, caller: caller)
    let call = HTTPTransfer(
      method: "POST", url: url.text, headers: question.headers, body: question.body,
      timeout: timeout, maxAnswerBytes: Self.maximumAnswer, allowPlainHTTP: true,
      isRepeatable: true)
    return try read(try await answer(to: call))
  }

  private func answer(to call: HTTPTransfer) async throws(DirectoryError) -> HTTPAnswer {
    do throws(TransferError) {
      return try await loop.perform(call)
    } catch {
      throw DirectoryError(
        cause: error.kind == .tooLarge ? "answer_too_large" : "http_\(error.kind.rawValue)")
    }
  }

  private func question(
    about address: EmailAddress, caller: Caller
  ) throws(DirectoryError) -> DirectoryQuestion {
    guard let now = try? clock.now() else { throw DirectoryError(cause: "clock_unavailable") }
    do throws(ResetError) {
      return try DirectoryQuestion(
        address: address, caller: caller, id: makeID(), now: now, secrets: secrets)
    } catch { throw DirectoryError(cause: "signing_failed") }
  }

  private func read(_ answer: HTTPAnswer) throws(DirectoryError) -> Account? {
    if answer.status == 404 { return nil }
    guard answer.status == 200 else { throw DirectoryError(cause: "http_\(answer.status)") }
    guard let json = try? JSON(parsing: answer.body), let object = json.object,
      object.unknownKey(besides: ["account"]) == nil, let account = object["account"]
    else { throw DirectoryError(cause: "answer_json") }
    if account.isNull { return nil }
    guard let members = account.object else { throw DirectoryError(cause: "answer_json") }
    return try DirectoryAnswer(members, policy: policy).account
  }
}
