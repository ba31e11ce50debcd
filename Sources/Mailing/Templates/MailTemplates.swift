internal import Formats
internal import PasswordReset
public import Templates

/// The checked mail templates of all languages. A language is a folder named after its tag, with
/// `<kind>.subject.mustache`, `<kind>.txt.mustache` and `<kind>.html.mustache` for each of the kinds
/// `link`, `changed` and `no_account` that it has; a kind of which there is any file needs all three.
///
/// `en/link` must be there. Where `en` has nothing of another kind, the program's own English stands
/// in, so a folder that was made for links alone keeps working.
public struct MailTemplates: Sendable {
  private let link: Localized<MailTemplate>
  private let changed: Localized<MailTemplate>
  private let noAccount: Localized<MailTemplate>

  /// - Throws: the first file that is missing or that cannot be used, and why.
  public init(_ files: MailTemplateFiles) throws(TemplateProblem) {
    var found: [MailKind: [LanguageTag: MailTemplate]] = [:]
    for (tag, folder) in try files.texts.languages(and: files.foldersBeside) {
      for kind in try Self.kinds(of: folder, files) {
        found[kind, default: [:]][tag] = try MailTemplate(kind, files, locale: folder)
      }
    }
    link = try Self.localized(.link, found, else: files)
    changed = try Self.localized(.changed, found, else: .embedded)
    noAccount = try Self.localized(.noAccount, found, else: .embedded)
  }

  private static func kinds(
    of locale: String, _ files: MailTemplateFiles
  ) throws(TemplateProblem) -> [MailKind] {
    if let name = files.strayPart(of: locale) {
      throw TemplateProblem(
        file: "mail/\(locale)/\(name).mustache",
        problem: "is for no kind of mail; the kinds are \(MailKind.list)")
    }
    let kinds = files.kinds(of: locale)
    guard !kinds.isEmpty else {
      throw TemplateProblem(file: "mail/\(locale)", problem: "has no template of any kind")
    }
    return kinds
  }

  private static func localized(
    _ kind: MailKind, _ found: [MailKind: [LanguageTag: MailTemplate]],
    else files: MailTemplateFiles
  ) throws(TemplateProblem) -> Localized<MailTemplate> {
    try Localized(found[kind] ?? [:]) { () throws(TemplateProblem) in
      try MailTemplate(kind, files, locale: Localized<MailTemplate>.fallbackLanguage)
    }
  }

  func template(_ kind: MailKind, for locale: LanguageTag?) -> MailTemplate {
    switch kind {
    case .link: link[locale]
    case .changed: changed[locale]
    case .noAccount: noAccount[locale]
    }
  }
}
