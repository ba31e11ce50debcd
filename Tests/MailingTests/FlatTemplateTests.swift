import PasswordReset
import Testing

@testable import Mailing

/// A template without sections takes a shorter way than one with, to the same mail.
struct FlatTemplateTests {
  @Test(arguments: [
    "Hello {{data.x}}, {{data.y}}{{data.z}} of {{brand}}\n", "{{! gone }}\n  {{! too }}  \nA\n",
    "{{brand}}{{brand}}", " {{ brand }} \n\n", "{{{brand}}} {{&data.x}} {{data.missing}}",
    "{{% CONTENT_TYPE: TEXT}}\nA {{brand}}", "a { b }} {{brand}}",
  ])
  func `both ways make the same text`(source: String) throws {
    let data = #"{"x": "<Ada>", "y": true, "z": 1.50, "n": null}"#
    for brand in ["B & Co", "{{data.x}}", "\u{1}", ""] {
      func text(_ source: String) throws -> String {
        try Sample.render(
          Sample.letter(.changed, brand: brand, data: data), Sample.files(.changed, text: source)
        ).text
      }
      let withSection = try text(source + "{{#data.n}}never{{/data.n}}")
      #expect(try text(source).utf8.elementsEqual(withSection.utf8))
    }
  }
}
