import Testing

@testable import Formats

@Suite struct JSONTests {
  func parse(_ text: String, depth: Int = 8) throws(JSONError) -> JSON {
    try JSON(parsing: Array(text.utf8), maximumDepth: depth)
  }

  func code(_ bytes: [UInt8], depth: Int = 8) -> JSONError.Code? {
    do throws(JSONError) {
      _ = try JSON(parsing: bytes, maximumDepth: depth)
      return nil
    } catch {
      return error.code
    }
  }

  func code(_ text: String, depth: Int = 8) -> JSONError.Code? {
    code(Array(text.utf8), depth: depth)
  }

  // MARK: Values

  @Test func `every kind of value is read`() throws {
    let object = try parse(
      #" {"a": null, "b":[true ,false],"c":{}, "d":"x", "e":-1.5E+3, "f": [] } "#)
    #expect(
      object
        == .object([
          "a": .null, "b": .array([.bool(true), .bool(false)]), "c": .object([:]),
          "d": .string("x"), "e": .number("-1.5E+3"), "f": .array([]),
        ]))
    #expect(object.object?.members.map(\.key) == ["a", "b", "c", "d", "e", "f"])
  }

  @Test func `a value alone is a text`() throws {
    #expect(try parse("\t\r\n 7 ") == .number("7"))
    #expect(try parse("\"\"") == .string(""))
    #expect(try parse("null").isNull)
  }

  @Test func `accessors answer only for their own kind`() throws {
    let value = try parse(#"{"s":"t","b":true,"n":12,"a":[1]}"#)
    #expect(value.object?["s"]?.string == "t")
    #expect(value.object?["b"]?.bool == true)
    #expect(value.object?["n"]?.integer == 12)
    #expect(value.object?["a"]?.array == [.number("1")])
    #expect(value.object?["x"] == nil)
    #expect(value.string == nil && value.array == nil && value.bool == nil && value.integer == nil)
    #expect(try parse(#"["victim@a.test"]"#).string == nil)
  }

  @Test(arguments: ["0", "-0", "9", "10", "1.0", "0.5", "1e5", "1E-5", "1e+05", "-12.25e2"])
  func `a number is kept as written`(_ literal: String) throws {
    #expect(try parse(literal) == .number(literal))
  }

  @Test(arguments: [
    "01", "-01", "00", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "0x10", "NaN", "Infinity",
    "-Infinity", "1_000", "--1", "٣",
  ])
  func `what only looks like a number is refused`(_ literal: String) {
    #expect(code(literal) != nil)
    #expect(code("[\(literal)]") != nil)
  }

  @Test func `an integer outside 64 bits is no integer and no trap`() throws {
    #expect(try parse("9223372036854775807").integer == .max)
    #expect(try parse("9223372036854775808").integer == nil)
    #expect(try parse("-9223372036854775808").integer == .min)
    #expect(try parse("1e400").integer == nil)
    #expect(try parse("1.0").integer == nil)
    #expect(try parse(String(repeating: "9", count: 10_000)).integer == nil)
  }

  // MARK: Strings

  @Test func `every escape is read`() throws {
    #expect(
      try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD83D\uDE00z""#)
        == .string("\"\\/\u{8}\u{C}\n\r\tA\u{E9}\u{20AC}\u{1F600}z"))
  }

  @Test(arguments: [#""\x""#, #""\u12""#, #""\u12g4""#, #""\U0041""#, #""\'""#, #""\u+041""#])
  func `an unknown escape is refused`(_ text: String) {
    #expect(code(text) == .syntax)
  }

  @Test(arguments: [
    #""\ud800""#, #""\udfff""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#,
    #""\ud800\ud800""#, #""\udc00\ud800""#,
  ])
  func `a lone surrogate is refused`(_ text: String) {
    #expect(code(text) == .loneSurrogate)
  }

  @Test func `the last scalars of each kind pass, noncharacters do not`() throws {
    #expect(try parse(#""\ud7ff\ue000\uFFFD\udbff\udffd""#).string?.unicodeScalars.count == 4)
    #expect(code(#""\uffff""#) == .noncharacter)
    #expect(code(#""\udbff\udfff""#) == .noncharacter)
    #expect(code([0x22, 0x61, 0x62, 0x63, 0xEF, 0xB7, 0x90, 0x22]) == .noncharacter)
  }

  @Test func `NUL is refused in every spelling`() {
    #expect(code(#""victim@x.test\u0000attacker""#) == .nulCharacter)
    #expect(code("\"aaaa\u{0}\"") == .controlCharacter)
    #expect(code(#"{"a\u0000":1}"#) == .nulCharacter)
  }

  @Test func `raw control characters are refused up to 0x1F, 0x20 and DEL pass`() {
    for byte in UInt8(1)..<0x20 {
      #expect(code([0x22, 0x61, 0x61, 0x61, byte, 0x22]) == .controlCharacter)
      #expect(code(Array(#""\n"#.utf8) + [byte, 0x22]) == .controlCharacter)
    }
    #expect(code([0x22, 0x20, 0x7F, 0x22]) == nil)
  }

  @Test(
    arguments: [
      [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xFF],
      [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func `overlong, surrogate, cut and foreign bytes are refused`(_ bad: [UInt8]) {
    #expect(code(Array("[ 1, \"".utf8) + bad + Array("\"]".utf8)) == .invalidUTF8)
    #expect(code(Array("[ 1, \"\\n".utf8) + bad + Array("\"]".utf8)) == .invalidUTF8)
    #expect(code(Array("[ 1, ".utf8) + bad + Array("]".utf8)) == .syntax)
  }

  @Test func `a byte order mark and other encodings are refused`() {
    let text = #"{"a":1}"#
    #expect(code([0xEF, 0xBB, 0xBF] + Array(text.utf8)) == .byteOrderMark)
    for bigEndian in [true, false] {
      let wide = text.utf16.flatMap { unit in
        let pair = [UInt8(unit >> 8), UInt8(unit & 0xFF)]
        return bigEndian ? pair : pair.reversed()
      }
      let mark: [UInt8] = bigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]
      #expect(code(wide) == .invalidUTF8)
      #expect(code(mark + wide) == .invalidUTF8)
    }
    let wider = text.utf8.map { [$0, 0, 0, 0] as [UInt8] }
    #expect(code(Array(wider.joined())) == .invalidUTF8)
  }

  // MARK: Keys

  @Test(arguments: [
    #"{"email":1,"email":2}"#, #"{"email":1,"\u0065mail":2}"#, #"{"":1,"":2}"#,
    #"{"a":{"b":1,"b":1}}"#, #"{"é":1,"\u00e9":2}"#, #"{"/":1,"\/":1}"#,
  ])
  func `a key that comes twice is refused, also when it is escaped`(_ text: String) {
    #expect(code(text) == .duplicateKey)
  }

  @Test func `a duplicate is found in objects small and large`() {
    for count in [1, 2, 15, 16, 17, 18, 100] {
      let distinct = (0..<count).map { "\"k\($0)\":0" }
      #expect(code("{" + distinct.joined(separator: ",") + "}") == nil)
      for repeated in [0, count / 2, count - 1] {
        let text = "{" + (distinct + ["\"\\u006b\(repeated)\":1"]).joined(separator: ",") + "}"
        #expect(code(text) == .duplicateKey)
      }
    }
  }

  @Test func `one key in two Unicode forms is two keys`() throws {
    let value = try parse(#"{"\u00e9":1,"e\u0301":2}"#)
    #expect(value.object?["\u{E9}"] == .number("1"))
    #expect(value.object?["e\u{301}"] == .number("2"))
    #expect(try parse(#""\u00e9""#) != parse(#""e\u0301""#))
  }

  @Test func `an unknown key is named`() throws {
    let object = try #require(try parse(#"{"email":"x","to":"y"}"#).object)
    #expect(object.unknownKey(besides: ["email"]) == "to")
    #expect(object.unknownKey(besides: ["email", "to"]) == nil)
  }

  /// Compared pairwise these keys take minutes.
  @Test(.timeLimit(.minutes(1)))
  func `a hundred thousand keys are read in linear time`() throws {
    let members = (0..<100_000).map { "\"k\($0)\":0" }
    let text = "{" + members.joined(separator: ",") + "}"
    #expect(try parse(text).object?.members.count == 100_000)
  }
}
