internal import PasswordReset

/// The secret that signs calls, as a file has it.
public enum WebhookSecret {
  /// Standard Webhooks asks for 24 bytes or more.
  static let minimum = 24
  private static let prefix = "whsec_"

  /// The key: what `whsec_` and base64 (RFC 4648 §4) stand for, or the bytes as they are. One line
  /// end after them is dropped.
  ///
  /// - Throws: `.secret` for broken base64 or fewer than 24 bytes.
  public static func key(from file: [UInt8]) throws(AccountsError) -> [UInt8] {
    var bytes = file[...]
    if bytes.last == 10 { bytes.removeLast() }
    if bytes.last == 13 { bytes.removeLast() }
    let key = try decoded(bytes)
    guard key.count >= minimum else { throw .secret(problem: "must have at least 24 bytes") }
    return key
  }

  private static func decoded(_ bytes: ArraySlice<UInt8>) throws(AccountsError) -> [UInt8] {
    guard bytes.starts(with: prefix.utf8) else { return Array(bytes) }
    let text = String(decoding: bytes.dropFirst(prefix.utf8.count), as: UTF8.self)
    guard let key = Base64.decode(text) else {
      throw .secret(problem: "has whsec_ and then no padded base64")
    }
    return key
  }
}
