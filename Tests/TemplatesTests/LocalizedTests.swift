import Formats
import Templates
import Testing

struct LocalizedTests {
  private func tag(_ text: String) throws -> LanguageTag { try #require(LanguageTag(text)) }

  @Test(
    arguments: [
      ("pt-BR", "pt-BR"), ("PT-br", "pt-BR"), ("pt-BR-x-a", "pt-BR"), ("pt", "pt"),
      ("pt-PT", "pt"), ("fr", "en"), ("en-GB", "en"), (nil, "en"),
    ] as [(String?, String)])
  func `a language that is not there falls back to a wider one and then to English`(
    asked: String?, used: String
  ) throws {
    let words = Localized(fallback: "en", [try tag("pt-BR"): "pt-BR", try tag("pt"): "pt"])
    #expect(words[try asked.map(tag)] == used)
  }

  @Test(arguments: [
    (["fr", "de-AT", "pt"], "de"), (["fr"], "en"), ([], "en"), (["en", "de"], "en"),
  ])
  func `of several languages the first that is there is taken`(
    asked: [String], used: String
  ) throws {
    let words = Localized(
      fallback: "en", [try tag("en"): "en", try tag("de"): "de", try tag("pt"): "pt"])
    #expect(words.best(of: try asked.map(tag)) == used)
  }
}
