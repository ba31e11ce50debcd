import Formats
import PasswordReset
import Support
import Testing

@Suite struct AccountTests {
  private func account(id: String = "42", version: String? = nil) throws -> Account? {
    Account(id: id, email: try Sample.address(), locale: nil, version: version)
  }

  @Test func `an id has 1 to 256 octets`() throws {
    #expect(try account(id: "") == nil)
    #expect(try account(id: "a") != nil)
    #expect(try account(id: String(repeating: "a", count: 256)) != nil)
    #expect(try account(id: String(repeating: "a", count: 257)) == nil)
    #expect(try account(id: String(repeating: "é", count: 128)) != nil)
    #expect(try account(id: String(repeating: "é", count: 129)) == nil)
  }

  @Test func `a version has at most 256 octets, and none is one too`() throws {
    #expect(try account(version: "")?.version?.isEmpty == true)
    #expect(try account(version: String(repeating: "v", count: 256)) != nil)
    #expect(try account(version: String(repeating: "v", count: 257)) == nil)
  }

  @Test(arguments: ["a\0", "\n", "a\r\nb", "\t", "\u{1F}", "\u{7F}", "\u{80}", "\u{85}", "\u{9F}"])
  func `neither has control characters`(_ text: String) throws {
    #expect(try account(id: text) == nil)
    #expect(try account(version: text) == nil)
  }

  @Test(arguments: [" ", "~", "\u{A0}", "用户", "🙂", "a b"])
  func `any other text will do`(_ text: String) throws {
    #expect(try account(id: text)?.id == text)
  }

  // MARK: Language tags

  @Test(arguments: [
    "fr", "pt-BR", "zh-Hant-TW", "de-CH-1996", "en-a-bbb-x-a-ccc", "FR", "abcdefgh",
    "en-12345678", "ab-1234567-1234567-1234567-1234567a",
  ])
  func `a language tag is groups of letters and digits`(_ text: String) {
    #expect(LanguageTag(text)?.text == text)
    #expect(LanguageTag(text)?.description == text)
  }

  @Test(arguments: [
    "", "-", "f", "fr-", "-fr", "fr--FR", "fr_FR", "abcdefghi", "en-123456789", "1fr", "f1",
    "fr FR",
    "fr\n", "fr\0", "frß", "français", "../en", "en/..", "{{en}}", "fr;q=1",
    "abc-1234567-1234567-1234567-1234567a",
    "K\u{212A}", "\u{17F}v",
  ])
  func `nothing else is a language tag`(_ text: String) {
    #expect(LanguageTag(text) == nil)
  }
}
