import PasswordReset
import Templates
import Testing

@testable import Mailing

struct MailRuleTests {
  private static let anchor = "<a href=\"{{link}}\">Choose</a>"

  private func problem(_ files: MailTemplateFiles) -> String? {
    do throws(TemplateProblem) {
      _ = try MailTemplates(files)
      return nil
    } catch { return error.description }
  }

  @Test func `the templates of the program are good`() {
    #expect(problem(.embedded) == nil)
  }

  @Test(arguments: ["link.subject.mustache", "link.txt.mustache", "link.html.mustache"])
  func `a kind that a language has needs all its files`(name: String) {
    var contents = MailTemplateFiles.embedded.texts.contents
    for part in MailPart.allCases.map({ $0.file(of: .link) }) {
      contents["fr/\(part)"] = contents["en/\(part)"]
    }
    #expect(problem(MailTemplateFiles(contents: contents)) == nil)
    contents["fr/\(name)"] = nil
    #expect(
      problem(MailTemplateFiles(contents: contents)) == "mail/fr/\(name): does not exist")
  }

  @Test func `links in English must be there`() {
    #expect(
      problem(MailTemplateFiles(contents: [:]))
        == "mail/en/link.subject.mustache: does not exist")
  }

  @Test(arguments: ["x", "en_GB", "..", "enough-"])
  func `a folder is named after a language tag`(name: String) {
    #expect(problem(Sample.files(locale: name))?.contains("no language tag") == true)
  }

  @Test func `a language has one folder`() {
    var contents = MailTemplateFiles.embedded.texts.contents
    for part in MailPart.allCases.map({ $0.file(of: .link) }) {
      contents["EN/\(part)"] = contents["en/\(part)"]
    }
    #expect(problem(MailTemplateFiles(contents: contents))?.contains("two folders") == true)
  }

  @Test(arguments: [
    ("no link", "exactly once, not 0 times"), ("{{link}} {{link}}", "exactly once, not 2 times"),
    ("{{#data.x}}{{link}}{{/data.x}}", "in a section"),
    ("{{^data.x}}{{link}}{{/data.x}}", "in a section"),
    ("({{link}})", "between spaces"), ("{{link}}.", "between spaces"),
    ("{{link}}\u{301}", "a tag"),
    ("{{link}} {{nmae}}", "uses {{nmae}}"), ("{{link}} {{email}}", "uses {{email}}"),
    ("{{link}} {{.}}", "uses {{.}}"), ("{{link}} {{data}}", "uses {{data}}"),
    ("{{link}} {{data.a.b}}", "uses {{data.a.b}}"), ("{{link}} {{data.}}", "uses {{data.}}"),
    ("{{link}} {{uppercased(brand)}}", "a tag"), ("{{link}} {{>part}}", "a tag"),
    ("{{link}} {{<part}}{{/part}}", "a tag"), ("{{link}} {{$block}}{{/block}}", "a tag"),
    ("{{=<% %>=}}<%link%>", "a tag"), ("{{link}} {{", "a tag"), ("{{link}} {{}}", "a tag"),
    ("{{link}} {{%CONTENT_TYPE: HTML}}", "a tag"),
    ("{{link}} {{#brand}}x{{/brand}}", "only data.*"),
    ("{{link}} {{#data.a}}", "does not close"), ("{{link}} {{/data.a}}", "not the open section"),
    ("{{link}} {{#data.a}}{{#data.b}}{{/data.a}}{{/data.b}}", "not the open section"),
    ("{{link}}\n\u{0}", "line 2: has a control character"), ("{{link}} \u{600}{{brand}}", "tag"),
  ])
  func `a text that breaks a rule is refused with its reason`(text: String, reason: String) {
    let problem = problem(Sample.files(text: text))
    #expect(problem?.hasPrefix("mail/en/link.txt.mustache") == true)
    #expect(problem?.contains(reason) == true, "\(problem ?? "accepted")")
  }

  @Test(arguments: [
    "{{link}}", "{{{link}}}", "{{&link}}", "{{ link }}", "{{% CONTENT_TYPE: TEXT}}\n{{link}}",
    "{{! any comment }}{{link}}\r\n{{#data.a_b-1}}\r\nHello {{data.a_b-1}}\r\n{{/data.a_b-1}}",
    "a { b }} {{link}}", "\t{{link}}",
  ])
  func `a text that keeps the rules is taken`(text: String) {
    #expect(problem(Sample.files(text: text)) == nil)
  }

  @Test(arguments: [
    ("<p>{{link}}</p>", "as <a href"), ("<a href='{{link}}'>x</a>", "as <a href"),
    ("<a href={{link}}>x</a>", "as <a href"), ("<img src=\"{{link}}\">", "as <a href"),
    ("<area href=\"{{link}}\">", "as <a href"), ("<a data-href=\"{{link}}\">x</a>", "as <a href"),
    ("<a href=\" {{link}}\">x</a>", "as <a href"), ("<a href=\"{{link}}&x=1\">x</a>", "as <a href"),
    ("<!-- <a href=\"{{link}}\"> -->", "as <a href"),
    ("<style><a href=\"{{link}}\"></style>", "as <a href"),
    ("<p>x</p>", "not 0 times"), ("\(anchor)\(anchor)", "not 2 times"),
    ("\(anchor){{{brand}}}", "unescaped"), ("\(anchor){{&data.x}}", "unescaped"),
    ("{{% CONTENT_TYPE: TEXT}}\(anchor)", "is HTML"),
    ("\(anchor)<p title=\"{{data.x}}\">", "inside a tag"),
    ("\(anchor)<p {{data.x}}>", "inside a tag"),
    ("\(anchor)<a href=\"{{data.url}}\">x</a>", "inside a tag"),
    ("\(anchor)<script>{{data.x}}</script>", "inside a tag"),
    ("\(anchor)<STYLE\n>{{brand}}</STYLE>", "inside a tag"),
    ("\(anchor)<!-- {{brand}} -->", "inside a tag"),
  ])
  func `HTML that breaks a rule is refused with its reason`(html: String, reason: String) {
    let problem = problem(Sample.files(html: html))
    #expect(problem?.hasPrefix("mail/en/link.html.mustache") == true)
    #expect(problem?.contains(reason) == true, "\(problem ?? "accepted")")
  }

  @Test(arguments: [
    anchor,
    "<!-- don't > --><style>a > b { color: red }</style>\(anchor)<p>{{brand}} isn't {{data.x}}</p>",
    "<A\n  CLASS='x'\n  HREF=\"{{link}}\" title=\"a > b\">Choose</A>{{minutes}}",
    "<title>{{brand}}</title><script>x</script>\(anchor){{brand}}",
  ])
  func `HTML that keeps the rules is taken`(html: String) {
    #expect(problem(Sample.files(html: html)) == nil)
  }

  @Test(arguments: ["", "   \n", "two\nlines", "{{link}}", "{{#data.x}}only with data{{/data.x}}"])
  func `a subject is one line without a link`(subject: String) {
    #expect(
      problem(Sample.files(subject: subject))?.hasPrefix("mail/en/link.subject") == true)
  }

  @Test func `sections stand in one another 8 deep and no deeper`() {
    func text(_ depth: Int) -> String {
      let names = (0..<depth).map { "data.d\($0)" }
      return names.map { "{{#\($0)}}" }.joined() + names.reversed().map { "{{/\($0)}}" }.joined()
        + " {{link}}"
    }
    #expect(problem(Sample.files(text: text(8))) == nil)
    #expect(problem(Sample.files(text: text(9)))?.contains("more than 8") == true)
  }
}
