import Formats
import Hummingbird
import PasswordReset
public import Templates

/// The pages that people see, in all languages: rendered from `templates/pages/<locale>`, without
/// script, cookie or anything from elsewhere.
///
/// A language is a folder named after its tag with all pages, so that nobody is led from one
/// language into another. Where there is no `en`, the program's own English stands in.
public struct Pages: Sendable {
  private let languages: Localized<LanguagePages>

  /// - Parameters:
  ///   - files: of the sort `pages`.
  ///   - sha256: for the Content-Security-Policy, which allows exactly the one style there is.
  /// - Throws: the first file that is missing or that cannot be used, and why.
  public init(
    _ files: TemplateFiles = .embedded("pages"), sha256: ([UInt8]) -> [UInt8]
  ) throws(TemplateProblem) {
    var languages: [LanguageTag: LanguagePages] = [:]
    for (tag, folder) in try files.languages() {
      languages[tag] = try LanguagePages(files, folder, sha256: sha256)
    }
    self.languages = try Localized(languages) { () throws(TemplateProblem) in
      try LanguagePages(
        .embedded("pages"), Localized<LanguagePages>.fallbackLanguage, sha256: sha256)
    }
  }

  /// For who reads the languages, the dearest first.
  func best(of locales: [LanguageTag]) -> LanguagePages { languages.best(of: locales) }

  /// For whom a request was made in a language, or else for whoever opens its link.
  func best(_ locale: LanguageTag?, or request: Request) -> LanguagePages {
    if let locale { return languages[locale] }
    return best(for: request)
  }

  /// For a browser.
  func best(for request: Request) -> LanguagePages {
    best(of: AcceptLanguage(request.headers[values: .acceptLanguage]).locales)
  }
}
