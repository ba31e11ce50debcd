import Formats
import PasswordReset
import Testing

@testable import Mailing

/// RFC 2047, read as strictly as it is written.
struct EncodedWordTests {
  private func lines(_ field: String) throws -> [String] {
    try ReceivedMail.lines(Array((field + "\r\n").utf8))
  }

  /// What a reader makes of a field's words; nil where a rule is broken.
  private func read(_ field: String, after name: String) throws -> String? {
    let lines = try lines(field)
    guard lines.allSatisfy({ $0.utf8.count <= 76 }), lines[0].hasPrefix(name),
      // A line that goes on begins with one space and has a word at once (§2, §6.2).
      lines.dropFirst().allSatisfy({ $0.hasPrefix(" =?") })
    else { return nil }
    return ReceivedMail.decodeWords(String(lines.joined().dropFirst(name.count)))
  }

  @Test(arguments: ["é", "パ", "🔑", "aé", "abパ", "abc🔑", "a\u{301}", "👩‍👩‍👧", "אב"])
  func `words have at most 75 columns, lines 76, and no character is divided`(unit: String) throws {
    for count in 1...80 {
      let text = String(repeating: unit, count: count)
      let read = try read(HeaderField.subject(text), after: "Subject: ")
      #expect(read?.utf8.elementsEqual(text.utf8) == true, "\(count)")
      for column in [0, 1, 9, 40] {
        let words = EncodedWords.encode(text, after: column)
        let first = try #require(try lines(words).first)
        #expect(column + first.utf8.count <= 76 && first.utf8.count <= 75)
      }
    }
  }

  @Test func `a first line is filled as far as whole characters and groups of four allow`() throws {
    // 9 columns of `Subject: `, 12 of the word's ends and 52 of 39 octets.
    let at = String(repeating: "é", count: 19) + "x"
    #expect(at.utf8.count == 39)
    #expect(try lines(HeaderField.subject(at)).map(\.utf8.count) == [73])
    #expect(try lines(HeaderField.subject(at + "x")).count == 2)
  }

  @Test(arguments: [
    "Müller & Söhne", #"Der "größte" \ Laden"#, "„Laden“", "🔑 Keys", "👩‍👩‍👧 Family", "متجر",
    "חנות, Inc.",
    "\u{200f}חנות\u{200f}", "e\u{301}", "\u{301}", "=?utf-8?B?YQ==?=", "a =?b", "ÿ",
    String(repeating: "ü", count: 64), String(repeating: "🔑", count: 32), "名前 (x) @ [y]; z: <",
  ])
  func `a display name comes back whatever it is written with`(name: String) throws {
    let name = String(decoding: name.utf8.filter { !"<>".utf8.contains($0) }, as: UTF8.self)
    let from = HeaderField.from(try Sample.mailbox("\(name) <a@example.com>"))
    let addresses = ["\r\n <a@example.com>", " <a@example.com>"]
    let address = try #require(addresses.first { from.utf8.ends($0) })
    let phrase = String(decoding: from.utf8.dropLast(address.utf8.count), as: UTF8.self)
    let wanted = Array(Sample.trimmed(name).utf8)
    #expect(try read(phrase, after: "From: ").map { Array($0.utf8) } == wanted)
    #expect(try lines(from).allSatisfy { $0.utf8.count <= 76 })
  }

  @Test(arguments: ["\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{9f}"])
  func `what disturbs a line is a space in a display name`(character: String) throws {
    let from = HeaderField.from(try Sample.mailbox("A\(character)B <a@example.com>"))
    #expect(from == "From: A B <a@example.com>")
  }

  @Test(arguments: [
    "\0", "\r", "\n", "\r\n", "\r\n\r\n", "\t", "\u{b}", "\u{1b}", "\u{7f}", "\u{85}", "\u{2028}",
    "\u{2029}", "\u{202e}", "\u{2069}",
  ])
  func `no value breaks a line anywhere in the mail`(character: String) throws {
    for rest in ["Bcc: evil@example.com", "é", ".", "--=_019aa6b2-7c00-7123-8456-0123456789ab--"] {
      let value = "x\(character)\(rest)"
      let mail = try mail(value)
      let harmless = try self.mail("x " + rest)
      #expect(mail.fields.map(\.name) == HeaderTests.names)
      #expect(mail.subject?.utf8.elementsEqual("x \(rest) x \(rest)".utf8) == true)
      #expect(mail.text.utf8.count { $0 == 10 } == harmless.text.utf8.count { $0 == 10 })
      #expect(mail.html.utf8.count { $0 == 10 } == harmless.html.utf8.count { $0 == 10 })
      for part in [mail.text, mail.html] {
        #expect(part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 10 })
      }
    }
  }

  /// With the value as brand and as data.
  private func mail(_ value: String) throws -> ReceivedMail {
    let letter = try Sample.letter()
    let files = Sample.files(
      .changed, subject: "{{brand}} {{data.x}}", text: "{{brand}}\n{{data.x}}\n",
      html: "<p>{{brand}}</p>\n{{#data.x}}<p>{{data.x}}</p>{{/data.x}}\n")
    return try Sample.render(
      Letter(
        subject: .changed, messageID: letter.messageID, requestID: letter.requestID, to: letter.to,
        from: letter.from, brand: value, locale: nil, createdAt: letter.createdAt,
        data: .object(["x": .string(value)])), files)
  }
}

extension Sample {
  /// Without the spaces that a mailbox drops around its name.
  fileprivate static func trimmed(_ name: String) -> String {
    let bytes = Array(name.utf8).drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed()
    return String(decoding: Array(bytes), as: UTF8.self)
  }
}

extension String.UTF8View {
  fileprivate func ends(_ ending: String) -> Bool {
    suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }
}
