internal import PasswordReset

/// What the mails of a template are about. The raw value begins the names of its files.
enum MailKind: String, CaseIterable {
  case link
  case changed
  case noAccount = "no_account"

  init(_ subject: Letter.Subject) {
    self =
      switch subject {
      case .link: .link
      case .changed: .changed
      case .noAccount: .noAccount
      }
  }

  /// `data` may name a person, and a mail about no account goes to whoever has the typed address.
  var hasData: Bool { self != .noAccount }

  /// For sentences about templates.
  static let list = "link, changed and no_account"
}
