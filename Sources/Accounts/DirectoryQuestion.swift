internal import PasswordReset

/// A call to the main app's directory, signed as Standard Webhooks 1.0.0 has it, so that any of its
/// libraries can tell that it comes from here and is fresh.
struct DirectoryQuestion {
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  /// - Parameters:
  ///   - id: new for every call.
  ///   - sign: HMAC-SHA-256 under the shared secret; nil where it fails.
  /// - Returns: nil where signing fails.
  init?(
    address: EmailAddress, caller: Caller, id: String, now: Timestamp,
    sign: ([UInt8]) -> [UInt8]?
  ) {
    body = JSON.object(["email": .string(address.text), "caller": .string(caller.name)])
      .serializedBytes()
    let seconds = now.microseconds / 1_000_000
    guard let signature = sign(Self.signed(id: id, seconds: seconds, body: body)) else {
      return nil
    }
    headers = [
      ("content-type", "application/json"), ("accept", "application/json"),
      ("webhook-id", id), ("webhook-timestamp", String(seconds)),
      ("webhook-signature", "v1,\(Base64.encode(signature))"),
    ]
  }

  static func signed(id: String, seconds: Int64, body: [UInt8]) -> [UInt8] {
    Array("\(id).\(seconds).".utf8) + body
  }
}
