import Glibc
import Testing

@testable import Transfer

@Suite struct TransferBodyTests {
  private func content(_ body: TransferBody) throws -> [UInt8] {
    let reader = BodyReader(body)
    var output: [UInt8] = []
    while try reader.append(to: &output) != nil {}
    return output
  }

  private func encoded(_ content: [UInt8], hasLines: Bool) throws -> String {
    let file = try TestFile(content)
    let body = TransferBody([
      .base64(path: file.path, size: Int64(content.count), hasLines: hasLines)
    ])
    let output = try self.content(body)
    #expect(Int64(output.count) == body.count)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func `a file is encoded as RFC 4648 has it`(text: String, expected: String) throws {
    #expect(try encoded(Array(text.utf8), hasLines: false) == expected)
    let lines = expected.isEmpty ? "" : expected + "\r\n"
    #expect(try encoded(Array(text.utf8), hasLines: true) == lines)
  }

  @Test(arguments: [56, 57, 58, 113, 114, 115])
  func `a line has 76 characters and every line has an end`(size: Int) throws {
    let text = try encoded(someBytes(size), hasLines: true)
    #expect(text == base64(someBytes(size), lineLength: 76))
    #expect(text.utf8.suffix(2).elementsEqual("\r\n".utf8))
  }

  @Test(arguments: [-58, -57, -1, 0, 1, 57, 58, 57 * 400])
  func `a file is the same however many pieces it is read in`(offset: Int) throws {
    let content = someBytes(BodyReader.filePiece + offset)
    #expect(try encoded(content, hasLines: true) == base64(content, lineLength: 76))
    #expect(try encoded(content, hasLines: false) == base64(content))
  }

  @Test func `pieces come out in order and their lengths add up`() throws {
    let file = try TestFile(Array("foobar".utf8))
    let long = someBytes(BodyReader.piece * 2 + 1)
    let body = TransferBody([
      .bytes(Array("a".utf8)), .base64(path: file.path, size: 6, hasLines: false), .bytes([]),
      .bytes(long), .base64(path: file.path, size: 6, hasLines: true),
    ])
    let expected = Array("aZm9vYmFy".utf8) + long + Array("Zm9vYmFy\r\n".utf8)
    #expect(try content(body) == expected)
    #expect(body.count == Int64(expected.count))
    #expect(!body.isEmpty && TransferBody([UInt8]()).isEmpty)
  }

  private static let sizes =
    Array(0...7) + [56, 57, 58, 113, 114, 115] + Array(65_534...65_538)
    + [BodyReader.filePiece - 1, BodyReader.filePiece, BodyReader.filePiece + 1]
    + [BodyReader.piece - 1, BodyReader.piece, BodyReader.piece + 1]

  @Test(arguments: sizes)
  func `a body in a body is encoded as the whole of it`(size: Int) throws {
    let file = try TestFile(someBytes(size))
    for hasLines in [false, true] {
      let inner = TransferBody([
        .bytes(someBytes(size % 5)),
        .base64(path: file.path, size: Int64(size), hasLines: hasLines), .bytes([]),
        .bytes(someBytes(size)),
      ])
      let body = TransferBody([.bytes([0x3c]), .encoded(inner), .bytes([0x3e])])
      let text = base64(try content(inner))
      let isWhole = try content(body) == Array("<\(text)>".utf8)
      #expect(isWhole)
      #expect(body.count == Int64(text.utf8.count + 2))
    }
  }

  @Test func `a body may be encoded more than once, and one that is empty is nothing`() throws {
    let file = try TestFile(someBytes(100_000))
    let inner = TransferBody([.base64(path: file.path, size: 100_000, hasLines: true)])
    let twice = TransferBody([.encoded(TransferBody([.encoded(inner)])), .encoded(inner)])
    let once = base64(try content(inner))
    let isWhole = try content(twice) == Array((base64(Array(once.utf8)) + once).utf8)
    #expect(isWhole)
    let empty = TransferBody([.encoded(TransferBody([UInt8]()))])
    #expect(empty.isEmpty)
    #expect(try content(empty).isEmpty)
  }

  @Test func `a length beyond all numbers does not trap`() {
    let sizes: [Int64] = [.max, .max / 4 * 3, .max - 1]
    for size in sizes {
      let piece = TransferPiece.base64(path: "/", size: size, hasLines: true)
      #expect(TransferBody([piece, piece]).count == .max)
      #expect(TransferBody([.encoded(TransferBody([piece, piece]))]).count == .max)
    }
    #expect(TransferBody([.base64(path: "/", size: -1, hasLines: true)]).count == 0)
    #expect(TransferBody([.base64(path: "/", size: .min, hasLines: false)]).count == 0)
  }

  @Test(arguments: [-1, 0, 1])
  func `a file of another size than told is found out before its end`(difference: Int) throws {
    for size in [1, 57, BodyReader.filePiece, BodyReader.filePiece * 2] {
      let file = try TestFile(size: size)
      let told = Int64(size + difference)
      let reader = BodyReader(
        TransferBody([.base64(path: file.path, size: told, hasLines: true)]))
      var output: [UInt8] = []
      if difference == 0 {
        while try reader.append(to: &output) != nil {}
      } else {
        #expect(throws: FileReader.Fault.changed) { try reader.append(to: &output) }
      }
    }
  }

  @Test(arguments: [-1, 1])
  func `a file whose size changes while it is read is found out before its end`(
    difference: Int
  ) throws {
    let size = BodyReader.filePiece + 1
    let file = try TestFile(size: size)
    let body = TransferBody([.base64(path: file.path, size: Int64(size), hasLines: false)])
    let reader = BodyReader(body)
    var output: [UInt8] = []
    _ = try reader.append(to: &output)
    try #require(truncate(file.path, off_t(size + difference)) == 0)
    #expect(throws: FileReader.Fault.changed) { try reader.append(to: &output) }
    #expect(Int64(output.count) < body.count)
  }

  @Test func `what is no file that can be read is missing`() throws {
    let file = try TestFile([1])
    for path in ["/nowhere/at/all", "/", "/dev/null", file.path + "\0x", ""] {
      let reader = BodyReader(TransferBody([.base64(path: path, size: 1, hasLines: true)]))
      var output: [UInt8] = []
      #expect(throws: FileReader.Fault.missing) { try reader.append(to: &output) }
    }
  }

  @Test func `a pipe is not waited for`() throws {
    let file = try TestFile([])
    unlink(file.path)
    try #require(mkfifo(file.path, 0o600) == 0)
    #expect(throws: FileReader.Fault.missing) { try FileReader(file.path, size: 0) }
  }
}
