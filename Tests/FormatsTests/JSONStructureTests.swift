import Testing

@testable import Formats

extension JSONTests {
  // MARK: Structure

  @Test(arguments: [
    "[1,]", "{\"a\":1,}", "[,1]", "{,}", "[1 2]", "{\"a\" 1}", "{\"a\":}", "{a:1}", "{'a':1}",
    "{1:2}", "// x\n1", "/* */1", "[1]//", "#", "True", "nul", "truefalse", "undefined", "}", "]",
    "[1}", "{\"a\":1]", "{\"a\":1,,\"b\":2}", "\u{A0}1", "\u{C}1", ":", ",", "\u{2028}1",
  ])
  func `anything outside the grammar is refused`(_ text: String) {
    #expect(code(text) != nil)
  }

  @Test(arguments: ["", " ", "[", "{", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "\"", "\"\\"])
  func `a text that ends early is refused`(_ text: String) {
    #expect(code(text) == .unexpectedEnd)
  }

  @Test(arguments: ["1 1", "{} {}", "{}x", "[]]", "nullnull", "\"a\"\"b\""])
  func `bytes after the value are refused`(_ text: String) {
    #expect(code(text) == .trailingBytes)
  }

  @Test func `depth eight passes, nine does not, whatever nests`() {
    for (open, inner, close) in [("[", "", "]"), ("{\"a\":", "0", "}")] {
      let nested = { (count: Int) in
        String(repeating: open, count: count) + inner + String(repeating: close, count: count)
      }
      #expect(code(nested(8)) == nil)
      #expect(code(nested(9)) == .tooDeep)
      #expect(code(nested(512), depth: .max) == nil)
      #expect(code(nested(513), depth: .max) == .tooDeep)
      #expect(code(nested(1), depth: .min) == nil)
      #expect(code(nested(2), depth: .min) == .tooDeep)
    }
    #expect(code("[[],[],{\"a\":[]}]", depth: 3) == nil)
  }

  @Test func `a million brackets are refused, not followed`() {
    #expect(code([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)) == .tooDeep)
    let objects = String(repeating: "{\"a\":", count: 200_000)
    #expect(code(objects, depth: .max) == .tooDeep)
  }

  @Test func `the error gives the place and no content`() {
    #expect(throws: JSONError(code: .duplicateKey, offset: 12)) {
      try parse(#"{"secret":1,"secret":2}"#)
    }
    #expect("\(JSONError(code: .duplicateKey, offset: 12))" == "duplicate_key at byte 12")
    #expect(throws: JSONError(code: .syntax, offset: 3)) { try parse("[1 secret]") }
  }

  @Test func `no cut and no changed byte makes the parser trap`() throws {
    let text = Array(#"{"é\ud83d\ude00":[1.5e-7,"\n",{"b":[true,null]}],"c":"\u00e9"} "#.utf8)
    for count in 0..<(text.count - 1) {
      #expect(code(Array(text.prefix(count))) != nil)
    }
    for index in text.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        if let value = try? JSON(parsing: changed) {
          #expect(try JSON(parsing: value.serializedBytes()) == value)
        }
      }
    }
  }

  @Test func `a slice is read as an array is`() throws {
    #expect(try JSON(parsing: Array("xx[1]".utf8).dropFirst(2)) == .array([.number("1")]))
  }

  // MARK: Writing

  @Test func `what is written is compact and in order`() {
    let value = JSON.object([
      "z": .string("a\"b\\c/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}é😀"), "a": .integer(-7),
      "n": .null, "l": .array([.bool(true), .bool(false), .array([]), .object([:])]),
    ])
    #expect(
      value.serialized()
        == #"{"z":"a\"b\\c/\b\f\n\r\t\u0001\u001f"#
        + "\u{7F}é😀\",\"a\":-7,\"n\":null,\"l\":[true,false,[],{}]}")
  }

  @Test func `what is written reads back equal`() throws {
    for scalar in (1...0x2FFF).compactMap(Unicode.Scalar.init) {
      let value = JSON.object(JSONObject([(key: String(scalar), value: .string("x\(scalar)"))]))
      #expect(try JSON(parsing: value.serializedBytes()) == value)
    }
  }

  @Test(arguments: ["", "x", "1,2", "01", "1}", "NaN", " 1", "1 "])
  func `a literal that is no number is written as null`(_ literal: String) {
    #expect(JSON.array([.number(literal)]).serialized() == "[null]")
  }
}
