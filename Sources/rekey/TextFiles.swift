import Foundation

/// The text files below a folder, by their relative paths.
enum TextFiles {
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  /// Nil if it cannot be read.
  static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func read(below folder: String) throws -> [String: String] {
    let root = URL(filePath: folder, directoryHint: .isDirectory)
    guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: root.path()) else {
      throw Problem(description: "\(folder) cannot be read")
    }
    var files: [String: String] = [:]
    for path in paths where path.hasSuffix(".mustache") {
      guard let data = FileManager.default.contents(atPath: root.appending(path: path).path())
      else {
        throw Problem(description: "\(path) cannot be read")
      }
      files[path] = String(decoding: data, as: UTF8.self)
    }
    return files
  }
}
