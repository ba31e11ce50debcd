import Formats
import Support
import Testing

@testable import PasswordReset

@Suite struct RequestIDTests {
  private static let text = "019aa6b2-7c00-7123-8456-0123456789ab"

  @Test func `version and variant are those of RFC 9562, whatever the random bytes`() throws {
    for byte: UInt8 in [0x00, 0xFF, 0x5A] {
      let id = try #require(
        RequestID(at: Sample.moment, random: .init(repeating: byte, count: 10)))
      #expect(id.bytes.count == 16)
      #expect(id.bytes[6] >> 4 == 7 && id.bytes[8] >> 6 == 2)
      #expect(id.bytes[6] & 0x0F == byte & 0x0F && id.bytes[8] & 0x3F == byte & 0x3F)
    }
  }

  @Test func `the first 48 bits are milliseconds`() throws {
    let id = try #require(RequestID(at: Sample.moment, random: Array(0..<10)))
    #expect(id.createdAt == Timestamp(microseconds: 1_795_253_400_123_000))
    #expect(Hex.encode(id.bytes.prefix(6)) == "01a1fd70f23b")
  }

  @Test func `ids sort by age`() throws {
    let moments = (0..<5).map { Timestamp(microseconds: 1_795_253_400_123_000 + $0 * 1000) }
    let ids = try moments.enumerated().map { index, moment in
      try #require(
        RequestID(at: moment, random: .init(repeating: UInt8(255 - index), count: 10)))
    }
    let sorted = ids.shuffled().sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    #expect(sorted == ids)
    #expect(ids.map(\.description).sorted() == ids.map(\.description))
  }

  @Test func `ten random bytes are enough, nine are not, more are not looked at`() throws {
    #expect(RequestID(at: Sample.moment, random: .init(repeating: 1, count: 9)) == nil)
    let ten = try #require(RequestID(at: Sample.moment, random: .init(repeating: 1, count: 10)))
    #expect(
      ten == RequestID(at: Sample.moment, random: .init(repeating: 1, count: 10) + [2, 3]))
  }

  @Test func `every random byte counts`() throws {
    let plain = [UInt8](repeating: 0, count: 10)
    for place in plain.indices {
      var other = plain
      other[place] = 1
      #expect(
        RequestID(at: Sample.moment, random: plain) != RequestID(at: Sample.moment, random: other))
    }
  }

  @Test func `16 bytes are an id, no fewer and no more`() {
    #expect(RequestID(bytes: .init(repeating: 9, count: 15)) == nil)
    #expect(RequestID(bytes: .init(repeating: 9, count: 16)) != nil)
    #expect(RequestID(bytes: .init(repeating: 9, count: 17)) == nil)
  }

  // MARK: Text

  @Test func `the canonical text is read and written`() throws {
    let id = try #require(RequestID(Self.text))
    #expect(id.description == Self.text)
    #expect(RequestID(bytes: id.bytes) == id)
  }

  @Test func `every id survives as text`() throws {
    for seed: UInt8 in 0...255 {
      let id = try #require(
        RequestID(at: Sample.moment, random: (0..<10).map { seed &* 31 &+ $0 &* 77 }))
      #expect(RequestID(id.description) == id)
    }
  }

  @Test(arguments: [
    "", "019aa6b2-7c00-7123-8456-0123456789a", "019aa6b2-7c00-7123-8456-0123456789abc",
    "019AA6B2-7C00-7123-8456-0123456789AB", "019aa6b27c00712384560123456789ab",
    "{019aa6b2-7c00-7123-8456-0123456789ab}", "urn:uuid:019aa6b2-7c00-7123-8456-0123456789ab",
    "019aa6b2-7c00-7123-8456-0123456789ag", "019aa6b2_7c00_7123_8456_0123456789ab",
    "019aa6b27-c00-7123-8456-0123456789ab", " 19aa6b2-7c00-7123-8456-0123456789ab",
    "019aa6b2-7c00-7123-8456-0123456789a\n", "019aa6b2-7c00-7123-8456-0123456789é",
    "-19aa6b2-7c00-7123-8456-0123456789ab", "019aa6b2-7c00-7123-84560-123456789ab",
  ])
  func `no other text is an id`(_ text: String) {
    #expect(RequestID(text) == nil)
  }

  // MARK: Bounds

  @Test func `no id of a moment is below its lowest`() throws {
    let lowest = RequestID.lowest(at: Sample.moment)
    let id = try #require(RequestID(at: Sample.moment, random: .init(repeating: 0, count: 10)))
    let before = try #require(
      RequestID(
        at: Timestamp(microseconds: 1_795_253_400_122_999), random: .init(repeating: 255, count: 10)
      ))
    #expect(lowest.bytes.lexicographicallyPrecedes(id.bytes))
    #expect(before.bytes.lexicographicallyPrecedes(lowest.bytes))
    #expect(lowest.createdAt == id.createdAt)
  }

  @Test(arguments: [Int64.min, -1, 0, Int64.max])
  func `no moment stops the process`(_ microseconds: Int64) {
    let moment = Timestamp(microseconds: microseconds)
    #expect(RequestID(at: moment, random: .init(repeating: 255, count: 10)) != nil)
    #expect(RequestID.lowest(at: moment).bytes.count == 16)
    #expect(RequestID(bytes: .init(repeating: 255, count: 16))?.createdAt.microseconds ?? 0 > 0)
  }

  @Test func `before 1970 there is only the first millisecond`() {
    #expect(RequestID.lowest(at: Timestamp(microseconds: -1)).bytes.allSatisfy { $0 == 0 })
  }
}
