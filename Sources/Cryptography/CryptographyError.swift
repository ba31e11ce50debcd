internal import CCrypto

/// Why a call into libcrypto gave no result. Carries no text, so it can never carry a secret.
public enum CryptographyError: Error, Sendable, Hashable {
  /// The system's random generator gave nothing; no substitute is ever used.
  case randomUnavailable
  case sealFailed
  /// The sealed bytes are not what was sealed with this key and this associated data.
  case openFailed
  /// The key is empty, or is not of the one length the algorithm takes.
  case keyTooShort
  /// The bytes are no public key or certificate of the one kind that the algorithm takes.
  case keyUnusable
  /// libcrypto refused the call, or a count is out of the documented bounds.
  case internalFailure
}

/// libcrypto keeps errors in a queue per thread. What an earlier call left there would be read as
/// ours, and what we leave would be read as somebody else's (a TLS layer takes any entry for a
/// failed connection), so the queue is emptied on both sides of a call.
enum ErrorQueue {
  static func clear() {
    ERR_clear_error()
  }

  /// Empties the queue after a failed call and hands back the error to throw.
  static func drained<E: Error>(_ error: E) -> E {
    clear()
    return error
  }
}
