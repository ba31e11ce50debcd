/// Somebody who can sign in.
struct Account: Codable, Sendable, Equatable {
  /// Never changes and is never used again.
  let id: String
  /// As typed at sign-up; mail goes here.
  let email: String
  var passwordHash: String
  /// Counts password changes. Rekey hands it back with a link, so that a link asked for before a
  /// change cannot undo it.
  var passwordVersion: Int
  /// A language tag for mails.
  let locale: String

  /// What two spellings of an address must share to be the same account here. ASCII case only:
  /// Unicode folding makes look-alikes equal (CVE-2019-19844).
  static func key(forEmail email: String) -> [UInt8] {
    email.utf8.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 }
  }

  /// Enough to catch a slip; whether mail arrives is for the mail to show.
  static func isPlausible(email: String) -> Bool {
    let bytes = email.utf8
    guard bytes.count <= 254, bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return false }
    let sides = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    return sides.count == 2 && sides.allSatisfy { !$0.isEmpty }
  }
}

/// The rule for new passwords: 8 characters to 256 octets, and nothing about their kinds
/// (NIST SP 800-63B section 3.1.1.2).
func isAcceptable(password: String) -> Bool {
  password.unicodeScalars.count >= 8 && password.utf8.count <= 256
}
