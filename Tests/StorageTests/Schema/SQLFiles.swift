import Testing

@testable import Storage

/// The files of `sql/` as the program carries them.
enum SQLFiles {
  static var all: [String: String] { EmbeddedFiles.contents }

  static func text(_ path: String) throws -> String {
    try #require(EmbeddedFiles.contents[path], "sql/\(path) is missing")
  }
}
