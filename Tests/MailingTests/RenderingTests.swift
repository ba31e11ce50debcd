import Formats
import PasswordReset
import Templates
import Testing

@testable import Mailing

struct RenderingTests {
  private static let anchor = "<a href=\"{{link}}\">Choose</a>"

  private func rendered(_ data: String, brand: String = "Example") throws -> ReceivedMail {
    let files = Sample.files(
      subject: "{{brand}} {{data.x}}", text: "[{{brand}}] [{{data.x}}]\n{{link}}\n",
      html: "<p>[{{brand}}] [{{data.x}}]</p>\(Self.anchor)")
    return try Sample.render(Sample.letter(brand: brand, data: data), files)
  }

  @Test func `both parts have the same link, once each`() throws {
    let mail = try Sample.render(Sample.letter())
    let textLinks = mail.text.split(separator: "\n").filter { $0.contains("://") }
    #expect(textLinks == [Substring(Sample.link)])
    let pieces = mail.html.split(separator: "href=\"")
    #expect(pieces.count == 2)
    #expect(pieces.last?.prefix { $0 != "\"" } == Substring(Sample.link))
    #expect(mail.html.split(separator: "://").count == 2)
  }

  @Test func `the mail says what it is, how long the link lives and that it may be ignored`() throws
  {
    let mail = try Sample.render(Sample.letter(brand: "Bücher & Co", minutes: 45))
    #expect(mail.subject == "Choose a new password for Bücher & Co")
    #expect(mail.text.contains("for 45 minutes"))
    #expect(mail.text.contains("at Bücher & Co."))
    #expect(mail.html.contains("at Bücher &amp; Co."))
    #expect(mail.html.contains("<html lang=\"en\">"))
    for part in [mail.text, mail.html] { #expect(part.contains("need not do anything")) }
  }

  @Test func `the HTML part loads nothing from anywhere`() throws {
    let html = try Sample.render(Sample.letter()).html
    for resource in ["<img", "<link", "<script", "<iframe", "url(", "@import", " src="] {
      #expect(!html.contains(resource))
    }
  }

  @Test func `an ampersand in the link is escaped in HTML alone`() throws {
    let mail = try Sample.render(Sample.letter(link: "https://x.example/verify?a=1&token=2"))
    #expect(mail.text.contains("\nhttps://x.example/verify?a=1&token=2\n"))
    #expect(mail.html.contains("href=\"https://x.example/verify?a=1&amp;token=2\""))
  }

  @Test(arguments: [
    "{{7*7}}", "{{link}}", "{{{link}}}", "{{#data}}x{{/data}}", "{{>../../etc/passwd}}", "${7*7}",
    "#{7*7}", "%s%n%@", "../", "{{=<% %>=}}",
  ])
  func `no value is ever taken for a template`(value: String) throws {
    let data = JSON.object(["x": .string(value)]).serialized()
    let mail = try rendered(data, brand: value)
    #expect(mail.text.hasPrefix("[\(value)] [\(value)]\n"))
    let escaped = value.htmlEscaped
    #expect(mail.html.hasPrefix("<p>[\(escaped)] [\(escaped)]</p>"))
    #expect(mail.subject == "\(value) \(value)")
  }

  @Test(arguments: [
    "<a href=//evil.example>", "<script>alert(1)</script>", "\"><b>", "'x'", "&lt;", "javascript:1",
    "\"\u{301} onclick=1", "<\u{338}b>", ">\u{20e0}", "&\u{fe0f}amp;", "\u{600}\"x",
  ])
  func `values are text in HTML, whatever combines with their quotes`(value: String) throws {
    let mail = try rendered(JSON.object(["x": .string(value)]).serialized())
    let shown = mail.html.utf8.dropFirst("<p>[Example] [".utf8.count)
      .prefix { $0 != UInt8(ascii: "]") }
    #expect(!shown.contains { "<>\"'".utf8.contains($0) })
    #expect(
      Array(mail.text.utf8).count == Array("[Example] [\(value)]\n\(Sample.link)\n".utf8).count)
  }

  @Test(arguments: ["\r\n", "\n", "\u{1}", "\u{7f}", "\u{85}", "\u{2028}", "\u{202e}", "\u{2066}"])
  func `control characters in a value become spaces`(control: String) throws {
    let mail = try rendered(JSON.object(["x": .string("a\(control)b")]).serialized())
    let spaces = String(repeating: " ", count: control.unicodeScalars.count)
    let text = "[Example] [a\(spaces)b]\n\(Sample.link)\n"
    #expect(mail.text.utf8.elementsEqual(text.utf8))
  }

  @Test(arguments: [
    (#"{"x": "Ada"}"#, "yes Ada"), (#"{"x": ""}"#, "no"), (#"{"x": null}"#, "no"), ("{}", "no"),
    (#"{"x": false}"#, "no"), (#"{"x": true}"#, "yes true"), (#"{"x": 1.50}"#, "yes 1.50"),
    (#"{"x": {"y": 1}}"#, "no"), (#"{"x": [1, 2]}"#, "no"),
    (#"{"link": "evil", "x": "A"}"#, "yes A"),
  ])
  func `a section on data opens for what is there`(data: String, text: String) throws {
    let files = Sample.files(
      text: "{{#data.x}}yes {{data.x}}{{/data.x}}{{^data.x}}no{{/data.x}}\n{{link}}")
    let mail = try Sample.render(Sample.letter(data: data), files)
    #expect(mail.text == "\(text)\n\(Sample.link)")
  }

  @Test func `a template may have come from any editor`() throws {
    let files = Sample.files(text: "\u{feff}Hello\r\n\r\n{{link}}\r\rBye\r\n")
    let mail = try Sample.render(Sample.letter(), files)
    #expect(mail.text.utf8.elementsEqual("Hello\n\n\(Sample.link)\n\nBye\n".utf8))
  }

  @Test func `minutes are rounded down`() throws {
    let uneven = Letter.Subject.link(Sample.link, lifetime: WholeDuration(seconds: 359))
    let mail = try Sample.render(
      Sample.letter(uneven), Sample.files(text: "{{minutes}} {{link}}"))
    #expect(mail.text.hasPrefix("5 "))
  }

  @Test(
    arguments: [
      ("pt-BR", "pt-br"), ("PT-br", "pt-br"), ("pt-BR-x-a", "pt-br"), ("pt", "pt"), ("pt-PT", "pt"),
      ("fr", "en"), ("en-GB", "en"), (nil, "en"),
    ] as [(String?, String)])
  func `a language that is not there falls back to a wider one and then to English`(
    asked: String?, used: String
  ) throws {
    var contents = MailTemplateFiles.embedded.texts.contents
    for locale in ["pt-BR", "pt"] {
      for part in MailPart.allCases.map({ $0.file(of: .link) }) {
        contents["\(locale)/\(part)"] = contents["en/\(part)"]
      }
      contents["\(locale)/link.subject.mustache"] = locale.lowercased()
    }
    contents["en/link.subject.mustache"] = "en"
    let mail = try Sample.render(
      Sample.letter(locale: asked), MailTemplateFiles(contents: contents))
    #expect(mail.subject == used)
  }

  @Test func `a hundred tasks at once get their own mails`() async throws {
    let renderer = MessageRenderer(templates: try MailTemplates(.embedded))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask {
          let mail = try renderer.compose(Sample.letter(link: "https://x.example/\(number)/"))
          #expect(mail.text.contains("https://x.example/\(number)/\n"))
        }
      }
      try await group.waitForAll()
    }
  }
}
