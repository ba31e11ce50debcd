internal import Formats
internal import PasswordReset

/// What a directory says about an address: an object with `id` and `email`, and perhaps `locale`
/// and `version`.
struct DirectoryAnswer {
  private static let members = ["id", "email", "locale", "version"]

  let account: Account

  /// - Throws: a cause that names the member and quotes nothing.
  init(
    _ object: JSONObject, policy: EmailAddress.Policy
  ) throws(DirectoryError) {
    guard object.unknownKey(besides: Self.members) == nil else {
      throw DirectoryError(cause: "answer_unknown_member", blame: .address)
    }
    guard let id = object["id"].flatMap(Self.identifier) else {
      throw DirectoryError(cause: "answer_id", blame: .address)
    }
    guard let text = object["email"]?.string,
      let email = try? EmailAddress(text, policy: policy)
    else { throw DirectoryError(cause: "answer_email", blame: .address) }
    let locale = try Self.text(object["locale"], cause: "answer_locale")
    let version = try Self.text(object["version"], cause: "answer_version")
    guard
      let account = Account(
        // A language that is no tag must not keep a person from a new password.
        id: id, email: email, locale: locale.flatMap(LanguageTag.init), version: version)
    else { throw DirectoryError(cause: "answer_account", blame: .address) }
    self.account = account
  }

  /// Whole numbers are as good as their digits.
  private static func identifier(_ value: JSON) -> String? {
    value.string ?? value.integer.map { String($0) }
  }

  private static func text(_ value: JSON?, cause: String) throws(DirectoryError) -> String? {
    guard let value, !value.isNull else { return nil }
    guard let text = identifier(value) else { throw DirectoryError(cause: cause, blame: .address) }
    return text
  }
}
