import Testing

@testable import DemoApp

struct TextTests {
  @Test func `text in markup is escaped, markup in markup is not`() {
    let evil = "<script>&\"'"
    let inner: HTML = "<b>\(evil)</b>"
    let outer: HTML = "<p title=\"\(evil)\">\(inner)\([inner, inner])\(nil as HTML?)\(7)</p>"
    let safe = "&lt;script&gt;&amp;&quot;&#39;"
    #expect(
      outer.text
        == "<p title=\"\(safe)\"><b>\(safe)</b><b>\(safe)</b><b>\(safe)</b>7</p>")
  }

  @Test(
    arguments: [
      ("", ["a": nil]), ("a=b", ["a": "b"]), ("a", ["a": ""]), ("a=b=c&d", ["a": "b=c", "d": ""]),
      ("a=b+c%2B%20", ["a": "b c+ "]), ("%61=%C3%A9", ["a": "é"]), ("a=1&&b=2", ["b": "2"]),
    ] as [(String, [String: String?])])
  func `form fields are decoded`(text: String, expected: [String: String?]) throws {
    let fields = try #require(FormFields(text.utf8))
    for (name, value) in expected { #expect(fields[name] == value) }
  }

  @Test(arguments: ["a=1&a=2", "a=1&%61=2", "a=%", "a=%4", "a=%4g", "a=%+4", "a=%ff", "%ff=a"])
  func `fields that can be read in two ways are refused`(text: String) {
    #expect(FormFields(text.utf8) == nil)
  }

  @Test(arguments: [
    ("fr", "fr"), ("de-CH,de;q=0.9", "de-CH"), ("en;q=0.5", "en"), ("", "en"), ("*", "en"),
    ("x\r\ny", "en"), ("abcdefghijkl", "en"),
  ])
  func `the language of an account is a plain tag`(field: String, tag: String) {
    #expect(preferredLanguage(field) == tag)
  }
}
