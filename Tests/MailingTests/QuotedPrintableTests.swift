import Testing

@testable import Mailing

struct QuotedPrintableTests {
  private func encoded(_ text: String) -> String {
    String(decoding: QuotedPrintable.encode(text), as: UTF8.self)
  }

  private func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

  private func roundTrip(_ text: String) throws -> String {
    let lines = try ReceivedMail.lines(QuotedPrintable.encode(text) + [13, 10])
    return try ReceivedMail.decodeQuotedPrintable(lines.joined(separator: "\n"))
  }

  @Test func `equals signs, controls and what is not ASCII are written in hexadecimal`() {
    #expect(same(encoded("a=b"), "a=3Db"))
    #expect(same(encoded("é~"), "=C3=A9~"))
    #expect(same(encoded("\u{0}\u{7f}"), "=00=7F"))
  }

  @Test func `every kind of line end becomes CR LF`() {
    #expect(same(encoded("a\nb\r\nc\rd\n"), "a\r\nb\r\nc\r\nd\r\n"))
    #expect(same(encoded("\n\n\r\r\n"), "\r\n\r\n\r\n\r\n"))
  }

  @Test func `a space stays inside a line and is written out at its end`() {
    #expect(same(encoded("a b \nc\t"), "a b=20\r\nc=09"))
    #expect(same(encoded("a \r\n"), "a=20\r\n"))
  }

  @Test func `a line of 76 columns is left whole, one of 77 is broken`() {
    let line = String(repeating: "x", count: 76)
    #expect(same(encoded(line), line))
    let broken = String(repeating: "x", count: 75) + "=\r\nxx"
    #expect(same(encoded(line + "x"), broken))
  }

  @Test func `an escape is never broken`() {
    for before in 70...76 {
      let text = String(repeating: "x", count: before) + "éé"
      let lines = encoded(text).split(separator: "\r\n")
      #expect(lines.allSatisfy { $0.utf8.count <= 76 })
      #expect(lines.allSatisfy { !$0.hasSuffix("=C") && !$0.hasSuffix("=A") })
    }
  }

  @Test(arguments: [
    ".", "..", ".\n.", "a\n.\nb", ".hidden", "From me", "a\nFrom me", "From", "Fro",
  ])
  func `no line begins with a dot or with From and a space`(text: String) throws {
    let lines = try ReceivedMail.lines(QuotedPrintable.encode(text) + [13, 10])
    #expect(lines.allSatisfy { !$0.hasPrefix(".") && !$0.hasPrefix("From ") })
    #expect(try roundTrip(text) == text)
  }

  @Test func `the same holds where a long line is broken`() throws {
    for before in 60...90 {
      for tail in ["....", "From From From "] {
        let text = String(repeating: "y", count: before) + tail + tail
        let lines = try ReceivedMail.lines(QuotedPrintable.encode(text) + [13, 10])
        #expect(lines.allSatisfy { !$0.hasPrefix(".") && !$0.hasPrefix("From ") })
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasSuffix(" ") })
        #expect(try roundTrip(text) == text)
      }
    }
  }

  @Test func `a line of 5000 characters arrives as it was`() throws {
    for unit in ["x", "é", " ", ".", "=", "\t", "𝄞"] {
      let text = String(repeating: unit, count: 5000)
      let bytes = QuotedPrintable.encode(text)
      #expect(try ReceivedMail.lines(bytes + [13, 10]).allSatisfy { $0.utf8.count <= 76 })
      #expect(try roundTrip(text) == text)
    }
  }
}
