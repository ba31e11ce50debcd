internal import PasswordReset

/// The checked mail templates of all languages. A language is a folder named after its tag, with
/// `<kind>.subject.mustache`, `<kind>.txt.mustache` and `<kind>.html.mustache` for each of the kinds
/// `link`, `changed` and `no_account` that it has; a kind of which there is any file needs all three.
///
/// `en/link` must be there. Where `en` has nothing of another kind, the program's own English stands
/// in, so a folder that was made for links alone keeps working.
public struct Templates: Sendable {
  private static let fallback = "en"

  /// By kind, then by tag in lower case, since tags have no case (RFC 5646 §2.1.1).
  private let templates: [TemplateKind: [String: MailTemplate]]
  private let english: English

  /// - Throws: the first file that is missing or that cannot be used, and why.
  public init(_ files: TemplateFiles) throws(MailingError) {
    english = try English(files, locale: Self.fallback)
    var templates: [TemplateKind: [String: MailTemplate]] = [:]
    var seen: Set<String> = []
    for locale in files.locales {
      let tag = locale.lowercased()
      guard seen.insert(tag).inserted else {
        throw .template(file: locale, problem: "is a language that has two folders")
      }
      for kind in try Self.kinds(of: locale, files) {
        templates[kind, default: [:]][tag] = try MailTemplate(kind, files, locale: locale)
      }
    }
    self.templates = templates
  }

  private static func kinds(
    of locale: String, _ files: TemplateFiles
  ) throws(MailingError) -> [TemplateKind] {
    guard LanguageTag(locale) != nil else {
      throw .template(file: locale, problem: "is a folder whose name is no language tag")
    }
    if let path = files.strayPart(of: locale) {
      throw .template(
        file: path, problem: "is for no kind of mail; the kinds are \(TemplateKind.list)")
    }
    let kinds = files.kinds(of: locale)
    guard !kinds.isEmpty else {
      throw .template(file: locale, problem: "has no template of any kind")
    }
    return kinds
  }

  /// The best there is: the tag itself, the tag with ever fewer groups (RFC 4647 §3.4), English.
  func template(_ kind: TemplateKind, for locale: LanguageTag?) -> MailTemplate {
    guard let locale, let templates = templates[kind] else { return english[kind] }
    var groups = locale.text.lowercased().split(separator: "-")
    while !groups.isEmpty {
      if let template = templates[groups.joined(separator: "-")] { return template }
      groups.removeLast()
      // A single letter only introduces what followed it.
      if let last = groups.last, last.utf8.count == 1 { groups.removeLast() }
    }
    return english[kind]
  }
}

/// What every kind falls back to.
private struct English {
  private let link: MailTemplate
  private let changed: MailTemplate
  private let noAccount: MailTemplate

  init(_ files: TemplateFiles, locale: String) throws(MailingError) {
    let own = files.kinds(of: locale)
    link = try MailTemplate(.link, files, locale: locale)
    changed = try MailTemplate(
      .changed, own.contains(.changed) ? files : .embedded, locale: locale)
    noAccount = try MailTemplate(
      .noAccount, own.contains(.noAccount) ? files : .embedded, locale: locale)
  }

  subscript(kind: TemplateKind) -> MailTemplate {
    switch kind {
    case .link: link
    case .changed: changed
    case .noAccount: noAccount
    }
  }
}
