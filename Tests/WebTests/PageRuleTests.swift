import HTTPTypes
import Hummingbird
import Templates
import Testing

@testable import Web

/// A typing error in a page stops the start, and is named with file, line and name.
@Suite struct `A page` {
  private static let program = TemplateFiles.embedded("pages").contents

  /// The problem of the program's pages, of which one has other words.
  private static func problem(
    _ name: String, _ change: (String) -> String, locale: String = "en"
  ) -> String? {
    var files = program
    for (path, text) in program {
      files[path.replacing("en/", with: "\(locale)/")] = text
    }
    let path = "\(locale)/\(name).mustache"
    files[path] = change(files[path] ?? "")
    do throws(TemplateProblem) {
      _ = try Pages(TemplateFiles("pages", contents: files)) { $0 }
      return nil
    } catch { return error.description }
  }

  @Test func `of the program is good`() {
    #expect(Self.problem("dead") { $0 } == nil)
    #expect(Self.problem("dead", { $0 }, locale: "de") == nil)
  }

  @Test(arguments: [
    (#"value="{{token}}""#, #"value="{{tokken}}""#, "line 6: uses {{tokken}}; known are token and"),
    (
      "used on {{>moment}}", "used on {{when}}", "line 1: uses {{when}}; known are day, year, time,"
    ),
    ("used on {{>moment}}", "used on {{>momnt}}", "line 1: has {{>momnt}}, a tag that names no"),
    ("{{#used}}<p>", "{{#usd}}<p>", "line 1: has a section on {{usd}}; only token, brand, used,"),
    ("{{/token}}{{^token}}", "{{/tokn}}{{^token}}", "line 8: closes {{tokn}}, which is not"),
    ("{{$main}}", "{{$mian}}", "line 1: has {{$mian}}; the blocks of layout are title and main"),
    ("{{<layout}}", "{{<layuot}}", "line 1: has {{<layuot}}, a tag that may stand once"),
    ("{{/main}}{{/layout}}", "{{/main}}", "line 1: does not close {{<layout}}"),
    ("{{/main}}{{/layout}}", "{{/main}}Bye{{/layout}}", "line 8: has something between the blocks"),
    ("{{^token}}<p>", "{{^token}}<p>{{token}}", "line 8: uses {{token}}, which may be nothing"),
    ("{{^token}}<p>", "{{^token}}<p>{{day}}", "line 8: uses {{day}}; known are token and brand"),
    (#"value="{{token}}""#, #"value="{{{token}}}""#, "line 6: must not use {{token}} unescaped"),
    (#"value="{{token}}""#, "value={{token}}", "line 6: must not use {{token}} inside a tag"),
    (#"value="{{token}}""#, #"onclick="{{token}}""#, "line 6: must not use {{token}} inside a"),
    (#"value="{{token}}""#, #"href="{{token}}""#, "line 6: must not use {{token}} inside a tag"),
    (#"value="{{token}}""#, #"style="{{token}}""#, "line 6: must not use {{token}} inside a tag"),
    (#"value="{{token}}""#, #"value="x {{token}}""#, "line 6: must not use {{token}} inside a"),
    ("<form ", "<script>{{token}}</script><form ", "line 5: must not use {{token}} inside a tag"),
    ("{{#revoked}}This link is no longer valid{{/revoked}}", "", "line 1: says nothing for {{#rev"),
    ("{{#used}}This", "{{# used(x) }}This", "line 1: has {{# used(x) }}, a tag that is not one"),
    ("works only once", "works {{only once", "line 1: has {{only once."),
    ("For your", "{{\u{301}token}} For your", "line 2: has a tag that is not recognised"),
  ])
  func `with a typing error is refused with line and name`(
    found: String, put: String, reason: String
  ) {
    let problem = Self.problem("dead") { $0.replacing(found, with: put) } ?? "accepted"
    #expect(problem.hasPrefix("pages/en/dead.mustache \(reason)"), "\(problem)")
  }

  @Test(arguments: [
    (#"value="{{token}}""#, #"title='{{token}}' value="{{token}}""#),
    ("{{#revoked}}This link is no longer valid{{/revoked}}", "{{^used}}Dead{{/used}}"),
    ("used on {{>moment}}", "used on {{day}}.{{year}}"),
    ("<p>", "<p>{{#brand}}{{brand}}{{/brand}}"),
    ("{{<layout}}", "{{! A comment }}{{<layout}}\n"), ("works", "{ works }"),
  ])
  func `that keeps the rules is taken`(found: String, put: String) {
    #expect(Self.problem("dead") { $0.replacing(found, with: put) } == nil)
  }

  @Test(arguments: [
    ("limited", "{{minutes}}", "{{minute}}", "line 1: uses {{minute}}; known is minutes alone"),
    ("problem", "{{#unavailable}}", "{{#unavailabel}}", "line 1: has a section on {{unavailabel}}"),
    ("unknown", "This link", "{{token}}", "line 1: uses {{token}}; known is none here"),
    ("unknown", "This link does not work", "", "line 1: leaves the block {{$title}} empty"),
    ("on_its_way", "{{$main}}", "{{#main}}", "line 1: has something between the blocks of"),
    ("layout", "{{$main}}{{/main}}", "{{$main}}", "line 26: does not close {{$main}}"),
    ("layout", "{{$main}}{{/main}}", "{{main}}", "line 26: has a tag that is neither a block"),
    ("layout", "<main>", #"<main title="{{$main}}{{/main}}">"#, "line 24: must not have {{$main}}"),
    ("layout", "style>", "stile>", ": must have exactly one <style>"),
    ("moment", "{{year}}", "{{yaer}}", "line 1: uses {{yaer}}; known are day, year, time, token"),
    ("moment", "{{#july}}July{{/july}}", "", "line 1: says nothing for {{#july}}, which is one of"),
    ("moment", "July", "June", ": has the same words for two months"),
    ("moment", "{{day}}", "{{>moment}}", "line 1: has {{>moment}}, a tag that names no template"),
    ("moment", "{{day}}", "", ": lacks {{day}}"), ("moment", "{{year}}", "", ": lacks {{year}}"),
    ("moment", "{{time}}", "", ": lacks {{time}}"),
    ("on_its_way", "{{<layout}}", "Before{{<layout}}", "line 1: has {{<layout}}, a tag that may"),
    ("on_its_way", "{{/layout}}", "{{/layout}}After", "line 2: has something outside of {{<lay"),
    (
      "on_its_way", "{{/layout}}", "{{$main}}x{{/main}}{{/layout}}",
      "line 2: fills the block {{$main}} twice"
    ),
  ])
  func `of any other kind is checked as well`(
    name: String, found: String, put: String, reason: String
  ) {
    for locale in ["en", "pt-BR"] {
      let problem = Self.problem(name, { $0.replacing(found, with: put) }, locale: locale)
      let named = "pages/\(locale)/\(name).mustache\(reason.hasPrefix(":") ? "" : " ")\(reason)"
      #expect(problem?.hasPrefix(named) == true, "\(problem ?? "accepted")")
    }
  }

  @Test(arguments: [
    (#"value="{{token}}""#, #"value="{token}""#), (#"value="{{token}}""#, #"value="""#),
    (#"name="token""#, #"name="tok""#), ("/reset/again", "/reset/agian"),
    (#"method="post""#, #"method="get""#), ("<form ", "<from "),
    ("<form ", #"<form method="post" action="/reset/again"></form><form "#),
    (#"<input type="hidden" name="token" value="{{token}}">"#, ""),
  ])
  func `whose button would lead nowhere is refused`(found: String, put: String) {
    let problem = Self.problem("dead") { $0.replacing(found, with: put) }
    #expect(
      problem?.hasPrefix("pages/en/dead.mustache: must have <form method=\"post\"") == true,
      "\(problem ?? "accepted")")
  }

  @Test(
    arguments: ["moment", "unknown", "on_its_way", "limited", "problem", "dead"], ["", " \n\t"])
  func `that is empty is refused`(name: String, text: String) {
    #expect(
      Self.problem(name) { _ in text }?.hasPrefix("pages/en/\(name).mustache line 1: is empty")
        == true)
  }

  @Test func `has a button where the quotes of an attribute are closed`() {
    let problem = Self.problem("dead") {
      $0.replacing("<button ", with: #"<button onclick='x title="{{token}}"' "#)
    }
    #expect(problem?.contains("must not use {{token}} inside a tag") == true)
  }

  @Test func `of an odd name is told in one line`() {
    #expect(
      Self.problem("a\nb\u{1b}[31m") { _ in "x" }?.hasPrefix("pages/en/a?b?[31m.mustache: is no")
        == true)
  }

  @Test func `of an unknown name is a typing error`() {
    #expect(
      Self.problem("ded") { _ in "x" }
        == "pages/en/ded.mustache: is no page; a language has layout, moment, dead, unknown, "
        + "on_its_way, limited, problem")
  }

  @Test(arguments: ["layout", "moment", "dead", "unknown", "on_its_way", "limited", "problem"])
  func `is not missing in a language that has others`(name: String) {
    var files = Self.program
    for (path, text) in Self.program { files[path.replacing("en/", with: "de/")] = text }
    files["de/\(name).mustache"] = nil
    #expect { try Pages(TemplateFiles("pages", contents: files)) { $0 } } throws: {
      "\($0)" == "pages/de/\(name).mustache: does not exist"
    }
  }

  @Test func `is the program's where English has none`() throws {
    var files: [String: String] = [:]
    for (path, text) in Self.program { files[path.replacing("en/", with: "de/")] = text }
    let pages = try Pages(TemplateFiles("pages", contents: files)) { $0 }
    #expect(pages.best(of: []).unknown.headers[.contentLanguage] == "en")
    #expect(
      try Pages(TemplateFiles("pages", contents: [:])) { $0 }.best(of: []).unknown.status
        == .notFound)
  }
}
