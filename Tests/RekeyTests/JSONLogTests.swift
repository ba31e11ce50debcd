import Formats
import Glibc
import Logging
import PasswordReset
import Support
import Testing

@testable import rekey

@Suite struct JSONLogTests {
  /// The bytes that logging writes.
  private func written(
    level: Logger.Level = .trace, by write: (inout Logger) -> Void
  ) throws -> String {
    let folder = try Folder()
    let path = "\(folder.path)/log"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    var logger = Logger(label: "test") { _ in
      JSONLogHandler(logLevel: level, output: LogLines.file(descriptor))
    }
    write(&logger)
    return try #require(Folder.text(of: path))
  }

  /// The one line as an object, and its keys in their order.
  private func line(
    _ message: Logger.Message, _ metadata: Logger.Metadata = [:]
  ) throws -> JSONObject {
    let text = try written { $0.info(message, metadata: metadata) }
    #expect(text.utf8.last == 0x0a && text.utf8.count { $0 == 0x0a } == 1)
    return try #require(try JSON(parsing: text.utf8.dropLast()).object)
  }

  @Test func `a line is an object with time, level, message and then the facts by name`() throws {
    let found = try line("started", ["b": "2", "a": "1", "zeta": "z", "request_id": "x"])
    let keys = found.members.map(\.key)
    #expect(keys == ["time", "level", "message", "a", "b", "request_id", "zeta"])
    #expect(found["level"] == .string("info") && found["message"] == .string("started"))
    #expect(found["a"] == .string("1") && found["zeta"] == .string("z"))
    let time = try #require(found["time"]?.string)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
  }

  @Test(arguments: Logger.Level.allCases)
  func `a level is written by its name, and what is below is not`(level: Logger.Level) throws {
    let text = try written(level: level) { logger in
      for one in Logger.Level.allCases { logger.log(level: one, "x") }
    }
    let lines = text.utf8.split(separator: 0x0a)
    let levels = try lines.map { try JSON(parsing: $0).object?["level"]?.string }
    #expect(levels == Logger.Level.allCases.filter { $0 >= level }.map(\.rawValue))
  }

  @Test func `a logger's own facts are there, and a line's go before them`() throws {
    let text = try written { logger in
      logger[metadataKey: "a"] = "of the logger"
      logger[metadataKey: "b"] = "of the logger"
      logger.info("x", metadata: ["b": "of the line"])
    }
    let found = try #require(try JSON(parsing: text.utf8.dropLast()).object)
    #expect(found["a"] == .string("of the logger") && found["b"] == .string("of the line"))
    #expect(found.members.count == 5)
  }

  @Test(arguments: [
    "a\nb", "a\r\nb", "a\rb", "\r\n", "\u{1b}[31m", "\"}\n{\"level\":\"error\"}", "\\", "\"", "\t",
    "\u{7f}", "\u{85}", "\u{2028}", "\u{2029}", "é", "😀", "e\u{301}", "\u{301}", "</script>", "",
    "\u{1}\u{8}\u{c}\u{1f}",
  ])
  func `whatever a value holds, it is one value of one line`(text: String) throws {
    for found in [try line("\(text)"), try line("x", ["value": "\(text)", "after": "1"])] {
      #expect(found["level"] == .string("info"))
      #expect((found["value"] ?? found["message"]) == .string(text))
    }
    #expect(try line("x", ["\(text)k": "1"]).members.last?.key == "\(text)k")
  }

  @Test(arguments: [0x01, 0x0a, 0x0d, 0x1b, 0x7f, 0x85, 0x2028, 0x2029])
  func `no control character and no line end stands in a line as itself`(code: UInt32) throws {
    let scalar = try #require(Unicode.Scalar(code))
    let text = try written { $0.info("a\(scalar)b", metadata: ["a\(scalar)": "b\(scalar)"]) }
    #expect(text.hasSuffix("\n"))
    #expect(!text.unicodeScalars.dropLast().contains(scalar))
  }

  @Test func `every escape is the one of RFC 8259`() throws {
    let text = try written { $0.info("\"\\\n\r\t\u{8}\u{c}\u{1b}\u{7f}\u{2028}") }
    #expect(text.contains(#""message":"\"\\\n\r\t\b\f\u001b\u007f\u2028"}"#))
  }

  @Test(arguments: [(2048, false), (2049, true), (65_536, true)])
  func `a long value is cut`(length: Int, isCut: Bool) throws {
    let text = String(repeating: "x", count: length)
    let value = try #require(try line("x", ["value": "\(text)"])["value"]?.string)
    #expect(value == (isCut ? String(repeating: "x", count: 2048) + "…" : text))
  }

  @Test func `a long message is cut`() throws {
    let message = String(repeating: "x", count: 65_536)
    let found = try #require(try line("\(message)")["message"]?.string)
    #expect(found.utf8.count < 4096)
  }

  @Test func `a cut through a character leaves valid UTF-8`() throws {
    let value = try #require(
      try line("x", ["value": "\("x" + String(repeating: "é", count: 2000))"])["value"]?.string)
    #expect(value.utf8.count < 2100 && value.hasSuffix("…"))
  }

  @Test(arguments: ["time", "level", "message"])
  func `no fact stands under a name that the line has already`(name: String) throws {
    let text = try written { $0.info("x", metadata: ["\(name)": "forged"]) }
    let found = try #require(try? JSON(parsing: text.utf8.dropLast()).object, "\(text)")
    #expect(found["message"] == .string("x") || name == "message")
  }

  @Test func `lines of many tasks do not mix`() async throws {
    let folder = try Folder()
    let path = "\(folder.path)/log"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    let logger = Logger(label: "test") { _ in
      JSONLogHandler(logLevel: .info, output: LogLines.file(descriptor))
    }
    await withTaskGroup { group in
      for task in 0..<16 {
        group.addTask {
          for number in 0..<50 {
            logger.info("x", metadata: ["task": "\(task)", "n": "\(number)"])
          }
        }
      }
    }
    close(descriptor)
    let lines = try #require(Folder.text(of: path)).utf8.split(separator: 0x0a)
    #expect(lines.count == 800)
    #expect(lines.allSatisfy { (try? JSON(parsing: $0))?.object?.members.count == 5 })
  }

  @Test(arguments: ["json", "text"])
  func `the format and the level are those of the configuration`(format: String) throws {
    let settings = try Configured.settings([
      ConfigurationKey.logFormat: format, ConfigurationKey.logLevel: "warning",
    ])
    let logger = settings.logger("test")
    #expect(logger.logLevel == .warning)
    #expect(logger.handler is JSONLogHandler == (format == "json"))
  }
}
