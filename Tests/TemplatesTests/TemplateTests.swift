import Formats
import Templates
import Testing

struct TemplateTests {
  private static let names = TemplateNames(
    values: ["brand"], optional: ["token"], flags: ["open"], choices: [["a", "b"]],
    inside: ["a": TemplateNames(values: ["inner"])])

  private static func template(
    _ text: String, _ schema: TemplateSchema, layout: String = "[{{$x}}{{/x}}]",
    partial: String = "({{brand}})\n\n"
  ) throws(TemplateProblem) -> Template {
    let files = TemplateFiles(
      "texts",
      contents: [
        "en/t.mustache": text, "en/layout.mustache": layout, "en/part.mustache": partial,
      ])
    return try Template("t", of: files, locale: "en", schema)
  }

  private static func problem(_ text: String, layout: String = "[{{$x}}{{/x}}]") -> String? {
    do throws(TemplateProblem) {
      _ = try template(
        text, TemplateSchema(.text, names, partials: ["part"], layout: "layout"), layout: layout)
      return nil
    } catch { return error.description }
  }

  @Test(arguments: [
    ("{{<layout}}{{$x}}{{brand}}{{/x}}{{/layout}}", "[<B>]"), ("{{>part}}.", "(<B>)."),
    ("{{#token}}{{token}}{{/token}}{{^token}}none{{/token}}", "none"),
    ("{{#a}}{{inner}}{{/a}}{{^a}}no{{/a}}", "I"), ("{{#open}}yes{{/open}}", "yes"),
    ("{{<layout}}{{$x}}{{>part}}{{/x}}{{/layout}}", "[(<B>)]"),
  ])
  func `a template is filled, with its layout and partials`(text: String, shown: String) throws {
    let schema = TemplateSchema(.text, Self.names, partials: ["part"], layout: "layout")
    let values = TemplateValues([
      "brand": .text("<B>"), "open": .flag(true),
      "a": .section(TemplateValues(["inner": .text("I")])),
    ])
    #expect(try Self.template(text, schema).render(values) == shown)
    let html = TemplateSchema(.html, Self.names, partials: ["part"], layout: "layout")
    let escaped = shown.replacing("<B>", with: "&lt;B&gt;")
    #expect(try Self.template(text, html).render(values) == escaped)
  }

  @Test(arguments: [
    ("\n{{bran}}", "line 2: uses {{bran}}; known are brand and token"),
    ("{{! two\nlines }}\n{{#opn}}", "line 3: has a section on {{opn}}; only token, open, a and b"),
    ("{{#open}}\n", "line 1: does not close {{#open}}"),
    ("{{token}}", "line 1: uses {{token}}, which may be nothing, outside of {{#token}}"),
    ("{{^token}}{{token}}{{/token}}", "line 1: uses {{token}}, which may be nothing"),
    ("{{inner}}", "line 1: uses {{inner}}; known are brand and token"),
    ("{{#open}}{{#a}}x{{/a}}{{/open}}", "line 1: says nothing for {{#b}}, which is one of a, b"),
    ("{{>prt}}", "line 1: has {{>prt}}, a tag that names no template; part may be named"),
    ("{{<layout}}{{/layout}}", "line 1: has nothing for the block {{$x}}"),
    ("{{<layout}}{{$y}}z{{/y}}{{/layout}}", "line 1: has {{$y}}; the blocks of layout are x"),
    ("{{<layout}}{{$x}} {{/x}}{{/layout}}", "line 1: leaves the block {{$x}} empty"),
    ("{{$x}}z{{/x}}", "line 1: has {{$x}}, a tag that stands in {{<layout}} alone"),
    ("a\n{{b\nc", "line 2: has a tag that is not closed"), ("\u{1}", "line 1: has a control"),
  ])
  func `a broken rule is told with line and name`(text: String, reason: String) {
    #expect(Self.problem(text)?.hasPrefix("texts/en/t.mustache \(reason)") == true)
  }

  @Test(arguments: [
    "{{#a}}x{{/a}}{{#b}}y{{/b}}", "{{#a}}x{{/a}}{{^a}}y{{/a}}", "{{^b}}{{/b}}{{#b}}{{/b}}",
  ])
  func `who asks for one of a choice has something for all`(text: String) {
    #expect(Self.problem(text) == nil)
  }

  @Test func `problems of a layout and a partial are theirs`() {
    #expect(
      Self.problem("{{<layout}}{{$x}}z{{/x}}{{/layout}}", layout: "\n{{brand}}{{$x}}{{/x}}")?
        .hasPrefix("texts/en/layout.mustache line 2: has a tag that is neither a block") == true)
    #expect(throws: TemplateProblem.self) {
      try Self.template(
        "{{>part}}", TemplateSchema(.text, Self.names, partials: ["part"]), partial: "{{#open}}")
    }
  }

  @Test func `languages are told by their folders`() throws {
    let files = TemplateFiles("texts", contents: ["en/a.mustache": "", "pt-BR/b.mustache": ""])
    #expect(try files.languages().map(\.folder) == ["en", "pt-BR"])
    #expect(files.names(of: "pt-BR") == ["b"])
    for (folder, problem) in [("e_n", "no language tag"), ("EN", "two folders")] {
      let more = TemplateFiles(
        "texts", contents: files.contents.merging(["\(folder)/a.mustache": ""]) { $1 })
      #expect { try more.languages() } throws: { "\($0)".contains(problem) }
    }
  }
}
