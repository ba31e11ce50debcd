internal import PasswordReset

extension Timestamp {
  private static let oldest: Int64 = 24 * 3600
  private static let furthest: Int64 = 5 * 60

  /// Whether a call that was signed at this moment still counts: up to 24 h later, as providers
  /// repeat calls for hours, and up to 5 min earlier, as clocks differ.
  func isFresh(at now: Timestamp) -> Bool {
    self >= now.advanced(bySeconds: -Self.oldest) && self <= now.advanced(bySeconds: Self.furthest)
  }

  /// Reads seconds since 1970, 1 to 12 decimal digits.
  init?(seconds text: String) {
    guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
      let seconds = Int64(text)
    else { return nil }
    self.init(microseconds: seconds * 1_000_000)
  }
}
