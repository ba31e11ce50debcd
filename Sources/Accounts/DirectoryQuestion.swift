internal import Formats
internal import PasswordReset

/// A call to the main app's directory, signed as Standard Webhooks 1.0.0 has it, so that any of its
/// libraries can tell that it comes from here and is fresh.
struct DirectoryQuestion {
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  /// - Parameter id: new for every call.
  /// - Throws: `.cryptography` where signing fails.
  init(
    address: EmailAddress, caller: Caller, id: String, now: Timestamp, secrets: WebhookSecrets
  ) throws(ResetError) {
    body = JSON.object(["email": .string(address.text), "caller": .string(caller.name)])
      .serializedBytes()
    headers =
      [("content-type", "application/json"), ("accept", "application/json")]
      + (try secrets.headers(id: id, at: now, body: body))
  }
}
