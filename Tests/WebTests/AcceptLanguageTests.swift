import Formats
import Testing

@testable import Web

@Suite struct `Accept-Language` {
  private func locales(_ values: String...) -> [String] {
    AcceptLanguage(values).locales.map(\.text)
  }

  @Test(arguments: [
    ("de", ["de"]), ("de-AT, de;q=0.9, en;q=0.8", ["de-AT", "de", "en"]),
    ("en;q=0.5, fr;q=0.7,de", ["de", "fr", "en"]), ("a1;q=1, fr", []), ("", []), ("*", []),
    ("de;q=0, fr", ["fr"]), ("de;q=0.000", []), ("de;q=0.001", ["de"]), ("de;q=1.000", ["de"]),
    ("fr, *;q=0.5, de;q=0.1", ["fr"]), ("de ; q=0.3 ,\tfr ;Q=0.4", ["fr", "de"]),
    ("de,,fr,", ["de", "fr"]), ("en;q=0.5, de;q=0.5", ["en", "de"]),
  ])
  func `is read as RFC 9110 writes it`(value: String, expected: [String]) {
    #expect(locales(value) == expected)
  }

  @Test(arguments: [
    "de;q=1.001", "de;q=2", "de;q=0.1234", "de;q=", "de;q", "de;q=-1", "de;q=.5", "de;x=1",
    "de;q=1;q=1", "de fr", "de_AT", "../de", "de;q=0.5\u{301}", "d", "\u{0}", "de;q=1,x y",
  ])
  func `asks for nothing where it breaks the grammar`(value: String) {
    #expect(locales("fr, \(value)") == [])
  }

  @Test func `may stand in several fields, within its bounds`() {
    #expect(locales("de;q=0.5", "fr") == ["fr", "de"])
    let sixteen = Array(repeating: "de", count: 16).joined(separator: ",")
    #expect(locales(sixteen).count == 16 && locales(sixteen, "fr") == [])
    let long = "de" + String(repeating: " ", count: 510)
    #expect(locales(long) == ["de"] && locales(long + " ") == [])
  }
}
