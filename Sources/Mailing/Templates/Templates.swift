internal import PasswordReset

/// The checked mail templates of all languages. A language is a folder named after its tag, with
/// `link.subject.mustache`, `link.txt.mustache` and `link.html.mustache`; `en` must be there.
public struct Templates: Sendable {
  private static let fallback = "en"

  /// By tag in lower case, since tags have no case (RFC 5646 §2.1.1).
  private let links: [String: LinkTemplate]
  private let english: LinkTemplate

  /// - Throws: the first file that is missing or that cannot be used, and why.
  public init(_ files: TemplateFiles) throws(MailingError) {
    english = try LinkTemplate(files, locale: Self.fallback)
    var links: [String: LinkTemplate] = [:]
    for locale in files.locales {
      guard LanguageTag(locale) != nil else {
        throw .template(file: locale, problem: "is a folder whose name is no language tag")
      }
      let template = try LinkTemplate(files, locale: locale)
      guard links.updateValue(template, forKey: locale.lowercased()) == nil else {
        throw .template(file: locale, problem: "is a language that has two folders")
      }
    }
    self.links = links
  }

  /// The best there is: the tag itself, the tag with ever fewer groups (RFC 4647 §3.4), English.
  func link(for locale: LanguageTag?) -> LinkTemplate {
    guard let locale else { return english }
    var groups = locale.text.lowercased().split(separator: "-")
    while !groups.isEmpty {
      if let template = links[groups.joined(separator: "-")] { return template }
      groups.removeLast()
      // A single letter only introduces what followed it.
      if let last = groups.last, last.utf8.count == 1 { groups.removeLast() }
    }
    return english
  }
}
