import Formats
import PasswordReset
import Templates

/// Renders the page of a dead link with known values, so that what is checked is what a person will
/// get, and not only what the template's source seems to say.
struct PageSample {
  private static let token = "sample0123456789"
  private static let day: Int64 = 86_400_000_000

  private let page: Template
  private let locale: String

  /// - Parameter namesMoments: whether the page says when something happened.
  static func check(
    _ page: Template, of locale: String, namesMoments: Bool
  ) throws(TemplateProblem) {
    let sample = PageSample(page: page, locale: locale)
    try sample.checkButton()
    if namesMoments { try sample.checkMoments() }
  }

  private func render(_ refusal: TokenRefusal, token: String?) -> String {
    PageValues.dead(refusal, token: token, brand: "Sample").map(page.render) ?? ""
  }

  private func problem(_ file: String, _ problem: String) -> TemplateProblem {
    TemplateProblem(file: "pages/\(locale)/\(file).mustache", problem: problem)
  }

  /// Without the right field or address the button of a dead link would lead nowhere.
  private func checkButton() throws(TemplateProblem) {
    let at = Timestamp(microseconds: 0)
    for refusal in [TokenRefusal.expired] + Self.dated(at) {
      let tags = render(refusal, token: Self.token).htmlTags
      let forms = tags.filter { $0.hasPrefix("<form ") }
      let fields = tags.filter { $0.hasPrefix("<input ") && $0.contains(" name=\"token\"") }
      guard forms.count == 1, forms[0].contains(" method=\"post\""),
        forms[0].contains(" action=\"/reset/again\""), fields.count == 1,
        fields[0].contains(" value=\"\(Self.token)\"")
      else {
        throw problem(
          "dead",
          "must have <form method=\"post\" action=\"/reset/again\"> with "
            + "<input type=\"hidden\" name=\"token\" value=\"{{token}}\"> once in {{#token}}")
      }
    }
  }

  /// A moment without its day, month, year or time, or a month with another one's name, would pass
  /// every other check.
  private func checkMoments() throws(TemplateProblem) {
    // The fifteenth of each month of 1970.
    let days: [Int64] = [14, 45, 73, 104, 134, 165, 195, 226, 257, 287, 318, 348]
    guard Set(days.map { texts(at: $0 * Self.day) }).count == days.count else {
      throw problem("moment", "has the same words for two months")
    }
    for (part, distance) in [
      ("{{day}}", Self.day), ("{{year}}", 365 * Self.day), ("{{time}}", 60_000_000),
    ] where texts(at: 0) == texts(at: distance) {
      throw problem("moment", "lacks \(part)")
    }
  }

  private func texts(at microseconds: Int64) -> [String] {
    let at = Timestamp(microseconds: microseconds)
    return Self.dated(at).map { render($0, token: nil) }
  }

  private static func dated(_ at: Timestamp) -> [TokenRefusal] {
    [.used(at: at), .replaced(at: at)]
      + RevokeReason.allCases.map { .revoked(at: at, reason: $0) }
  }
}

extension String {
  /// From each `<` to the `>` after it.
  fileprivate var htmlTags: [String] {
    utf8.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false).dropFirst().map {
      piece in
      "<" + String(decoding: piece.prefix { $0 != UInt8(ascii: ">") }, as: UTF8.self) + ">"
    }
  }
}
