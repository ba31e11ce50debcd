import PasswordReset
import Templates
import Testing

@testable import Mailing

struct MailKindTests {
  private func problem(_ files: MailTemplateFiles) -> String? {
    do throws(TemplateProblem) {
      _ = try MailTemplates(files)
      return nil
    } catch { return error.description }
  }

  /// The embedded files of which only some kinds of English are left, and more languages, whose
  /// subjects name language and kind.
  private func files(
    english: [MailKind], _ others: [(locale: String, kinds: [MailKind])]
  ) -> MailTemplateFiles {
    let embedded = MailTemplateFiles.embedded.texts.contents
    var contents: [String: String] = [:]
    for (locale, kinds) in [("en", english)] + others {
      for kind in kinds {
        for part in MailPart.allCases.map({ $0.file(of: kind) }) {
          contents["\(locale)/\(part)"] = embedded["en/\(part)"]
        }
        contents["\(locale)/\(MailPart.subject.file(of: kind))"] = "\(locale) \(kind.rawValue)"
      }
    }
    return MailTemplateFiles(contents: contents)
  }

  @Test func `the mail about a changed password has no link and says what to do`() throws {
    let mail = try Sample.render(Sample.letter(.changed, brand: "Bücher & Co"))
    #expect(mail.subject == "Your password for Bücher & Co was changed")
    for part in [mail.text, mail.html] {
      #expect(!part.contains("://") && !part.contains("href"))
      #expect(part.contains("If it was not"))
      #expect(part.contains("ask for a new password"))
    }
    #expect(mail.html.contains("at Bücher &amp; Co was changed."))
  }

  @Test func `the mail about no account says so and that it may be ignored`() throws {
    let mail = try Sample.render(Sample.letter(.noAccount))
    #expect(mail.subject == "There is no account at Example with this address")
    for part in [mail.text, mail.html] {
      #expect(!part.contains("://") && !part.contains("href"))
      #expect(part.contains("another address"))
      #expect(part.contains("need not do anything"))
    }
  }

  @Test func `no mail loads anything from anywhere`() throws {
    for subject in Sample.subjects {
      let html = try Sample.render(Sample.letter(subject)).html
      #expect(html.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
      for resource in ["<img", "<link", "<script", "<iframe", "url(", "@import", " src="] {
        #expect(!html.contains(resource))
      }
    }
  }

  @Test func `data is not said to whoever typed an address`() throws {
    let data = #"{"name": "Ada", "brand": "evil", "link": "evil"}"#
    let mail = try Sample.render(Sample.letter(.noAccount, data: data))
    #expect(mail.bytes == (try Sample.render(Sample.letter(.noAccount)).bytes))
    // Its templates may not ask, and would not be told.
    let values = TemplateValues(try Sample.letter(.noAccount, data: data))
    #expect(values.text("data.name") == nil && values.text("link") == nil)
    #expect(values.text("brand") == "Example")
    let files = Sample.files(.changed, text: "Hello {{data.name}} of {{brand}}")
    let changed = try Sample.render(Sample.letter(.changed, data: data), files)
    #expect(changed.text == "Hello Ada of Example")
  }

  @Test(arguments: [
    (MailKind.changed, "{{link}}", "uses {{link}}; known are brand and data.NAME"),
    (.changed, "{{minutes}}", "uses {{minutes}}; known are brand and data.NAME"),
    (.changed, "{{#brand}}x{{/brand}}", "only data.* may have one"),
    (.changed, "https://x.example/reset/verify?token=abc", "must not have a link with a token"),
    (.changed, "https://x.example/?TOKEN=abc", "must not have a link with a token"),
    (.changed, "https://x.example/reset/Verify", "must not have a link with a token"),
    (.changed, "\u{600}{{brand}}", "tag"), (.noAccount, "\u{600}{{brand}}", "tag"),
    (.noAccount, "{{link}}", "uses {{link}}; known is brand alone"),
    (.noAccount, "{{minutes}}", "uses {{minutes}}; known is brand alone"),
    (.noAccount, "{{data.name}}", "uses {{data.name}}; known is brand alone"),
    (.noAccount, "{{#data.x}}y{{/data.x}}", "nothing may have one here"),
    (.noAccount, "{{^data.x}}y{{/data.x}}", "nothing may have one here"),
    (.noAccount, "https://x.example/reset/verify?token=abc", "must not have a link with a token"),
  ])
  func `each kind has its own rules`(kind: MailKind, content: String, reason: String) {
    for part in MailPart.allCases {
      let files = Sample.files(
        kind, subject: part == .subject ? content : nil, text: part == .text ? content : nil,
        html: part == .html ? content : nil)
      let problem = problem(files)
      #expect(problem?.hasPrefix("mail/en/\(part.file(of: kind))") == true)
      #expect(problem?.contains(reason) == true, "\(problem ?? "accepted")")
    }
  }

  @Test(arguments: [
    (MailKind.changed, "{{brand}}{{#data.x}}{{data.x}}{{/data.x}}"), (.noAccount, "{{brand}}"),
    (.changed, "https://x.example/help"), (.noAccount, "plain"),
  ])
  func `what keeps the rules of its kind is taken`(kind: MailKind, content: String) {
    let files = Sample.files(kind, subject: content + "x", text: content, html: content)
    #expect(problem(files) == nil)
  }

  @Test(arguments: MailKind.allCases)
  func `the subject of every kind is one line`(kind: MailKind) {
    for subject in ["", "a\nb"] {
      let problem = problem(Sample.files(kind, subject: subject)) ?? ""
      #expect(problem.hasSuffix("\(kind.rawValue).subject.mustache: must be one line of text"))
    }
  }

  @Test func `a folder made for links alone keeps working, and the rest is the program's`() throws {
    let files = files(english: [.link], [])
    #expect(try Sample.render(Sample.letter(), files).subject == "en link")
    let changed = try Sample.render(Sample.letter(.changed), files)
    #expect(changed.bytes == (try Sample.render(Sample.letter(.changed)).bytes))
    let noAccount = try Sample.render(Sample.letter(.noAccount), files)
    #expect(noAccount.bytes == (try Sample.render(Sample.letter(.noAccount)).bytes))
  }

  @Test(
    arguments: [
      ("pt-BR", .link, "pt-BR link"), ("pt-BR", .changed, "pt changed"),
      ("pt-BR", .noAccount, "en no_account"), ("pt", .link, "en link"),
      ("de", .changed, "de changed"), ("de", .link, "en link"),
      ("PT-br-x-a", .changed, "pt changed"), (nil, .changed, "en changed"),
    ] as [(String?, MailKind, String)])
  func `a language without a kind falls back to a wider one and then to English`(
    asked: String?, kind: MailKind, used: String
  ) throws {
    let files = files(
      english: MailKind.allCases,
      [("pt-BR", [.link]), ("pt", [.changed]), ("de", [.changed])])
    let subject = try #require(Sample.subjects.first { MailKind($0) == kind })
    #expect(try Sample.render(Sample.letter(subject, locale: asked), files).subject == used)
  }

  @Test(arguments: MailKind.allCases, MailPart.allCases)
  func `a kind of which there is any file needs all three`(kind: MailKind, part: MailPart) {
    for locale in ["en", "fr"] {
      var contents = files(english: MailKind.allCases, [("fr", [kind])]).texts.contents
      contents["\(locale)/\(part.file(of: kind))"] = nil
      #expect(
        problem(MailTemplateFiles(contents: contents))
          == "mail/\(locale)/\(part.file(of: kind)): does not exist")
    }
  }

  @Test(arguments: [
    "no-account.txt.mustache", "Link.html.mustache", "chnged.subject.mustache", "x.txt.mustache",
  ])
  func `a part of no known kind is a typing error`(name: String) {
    var contents = MailTemplateFiles.embedded.texts.contents
    contents["en/\(name)"] = "x"
    #expect(
      problem(MailTemplateFiles(contents: contents))
        == "mail/en/\(name): is for no kind of mail; the kinds are link, changed and "
        + "no_account")
  }

  @Test func `other files of that ending are passed over, but a language has some kind`() {
    var contents = MailTemplateFiles.embedded.texts.contents
    contents["en/link.txt.old.mustache"] = "x"
    contents["en/notes.mustache"] = "x"
    #expect(problem(MailTemplateFiles(contents: contents)) == nil)
    contents["fr/notes.mustache"] = "x"
    #expect(
      problem(MailTemplateFiles(contents: contents)) == "mail/fr: has no template of any kind")
  }

  @Test func `parts are what transports that take fields need`() throws {
    let renderer = MessageRenderer(
      templates: try MailTemplates(Sample.files(subject: "  New  password\tfor {{brand}} \n")))
    let letter = try Sample.letter(brand: "A\r\nB")
    let mail = try renderer.compose(letter)
    #expect(mail.subject == "New password for A B")
    #expect(mail.messageID == letter.messageID && mail.requestID == letter.requestID)
    #expect(mail.date == letter.createdAt && mail.from == letter.from && mail.to == letter.to)
    #expect(mail.text.contains(Sample.link) && mail.html.contains(Sample.link))
    #expect(mail.files.isEmpty)
  }
}
