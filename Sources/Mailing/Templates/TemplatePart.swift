/// The three files of a mail.
enum TemplatePart: String, CaseIterable {
  case subject = "link.subject.mustache"
  case text = "link.txt.mustache"
  case html = "link.html.mustache"

  /// How often the link has to stand in it.
  var links: Int { self == .subject ? 0 : 1 }
}
