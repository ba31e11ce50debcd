internal import Templates

/// Renders a template with known values, so that what a reader will get is what is checked, and not
/// only what the template's source seems to say.
enum MailSample {
  static let link = "https://sample.invalid/reset/verify?token=0123456789"

  static func check(
    _ template: MailTemplate, of kind: MailKind
  ) throws(TemplateProblem) {
    let words = template.words(for: sample(of: kind))
    let problems: [(MailPart, String?)] = [
      (.subject, problem(inSubject: words.subject, of: kind)),
      (.text, kind == .link ? problem(inText: words.text) : problem(withoutLink: words.text)),
      (.html, kind == .link ? problem(inHTML: words.html) : problem(withoutLink: words.html)),
    ]
    for case (let part, let problem?) in problems {
      throw TemplateProblem(file: template.file(of: part), problem: problem)
    }
  }

  private static func sample(of kind: MailKind) -> TemplateValues {
    guard kind == .link else { return TemplateValues(["brand": .text("Sample")]) }
    return TemplateValues([
      "brand": .text("Sample"), "link": .text(link), "minutes": .text("30"),
    ])
  }

  private static func problem(inSubject subject: String, of kind: MailKind) -> String? {
    let lines = subject.utf8.split(separator: 10).filter { $0.contains { $0 > 0x20 } }
    guard lines.count == 1 else { return "must be one line of text" }
    return kind == .link ? leftover(subject) : problem(withoutLink: subject)
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

  /// Where a mail has no link of its own, whatever looks like one was pasted from another mail.
  private static func problem(withoutLink text: String) -> String? {
    let folded = text.utf8.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    guard folded.count(of: "token=") == 0, folded.count(of: "/reset/verify") == 0 else {
      return "must not have a link with a token"
    }
    return leftover(text)
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
