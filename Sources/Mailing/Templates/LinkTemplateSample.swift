/// Renders a template with known values, so that what a reader will get is what is checked, and not
/// only what the template's source seems to say.
enum LinkTemplateSample {
  static let link = "https://sample.invalid/reset/verify?token=0123456789"

  static func check(_ template: LinkTemplate, locale: String) throws(MailingError) {
    let words = template.words(for: .sample(link: link))
    let problems: [(TemplatePart, String?)] = [
      (.subject, problem(inSubject: words.subject)), (.text, problem(inText: words.text)),
      (.html, problem(inHTML: words.html)),
    ]
    for case (let part, let problem?) in problems {
      throw .template(file: "\(locale)/\(part.rawValue)", problem: problem)
    }
  }

  private static func problem(inSubject subject: String) -> String? {
    let lines = subject.utf8.split(separator: 10).filter { $0.contains { $0 > 0x20 } }
    return lines.count == 1 ? leftover(subject) : "must be one line of text"
  }

  private static func problem(inText text: String) -> String? {
    let words = text.utf8.split { $0 == 10 || $0 == 9 || $0 == 0x20 }
    guard words.filter({ $0.elementsEqual(link.utf8) }).count == 1 else {
      return "must have {{link}} between spaces or line ends, so that all of it and nothing else "
        + "is taken for the link"
    }
    return leftover(text)
  }

  private static func problem(inHTML html: String) -> String? {
    let anchors = Array(html.utf8).count(of: "\"\(link)\"")
    return anchors == 1 ? leftover(html) : "must have {{link}} as <a href=\"{{link}}\">"
  }

  /// A tag that Mustache did not take for one: `{{` after a character that combines with it.
  private static func leftover(_ text: String) -> String? {
    Array(text.utf8).count(of: "{{") == 0 ? nil : "has a tag that is not recognised"
  }
}

extension [UInt8] {
  fileprivate func count(of text: String) -> Int {
    let wanted = Array(text.utf8)
    return indices.count { self[$0...].starts(with: wanted) }
  }
}
