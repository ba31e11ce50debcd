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
