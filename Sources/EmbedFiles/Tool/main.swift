import Foundation

// embed-files FOLDER OUTPUT: writes every file below FOLDER as a Swift dictionary of path to bytes-in-a-string.

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  FileHandle.standardError.write(Data("usage: embed-files FOLDER OUTPUT\n".utf8))
  exit(64)
}
let root = URL(filePath: arguments[1], directoryHint: .isDirectory)

func relativePaths() throws -> [String] {
  let prefix = root.path().hasSuffix("/") ? root.path() : root.path() + "/"
  let found = FileManager.default.enumerator(
    at: root, includingPropertiesForKeys: [.isRegularFileKey])
  return try (found?.compactMap { $0 as? URL } ?? [])
    .filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
    .map { String($0.path().dropFirst(prefix.count)) }
    .filter { !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
    .sorted()
}

/// A raw string literal whose delimiter has more `#` than any run in the text, so nothing is escaped.
func literal(_ text: String) -> String {
  var longest = 0, run = 0
  for byte in text.utf8 {
    run = byte == UInt8(ascii: "#") ? run + 1 : 0
    longest = max(longest, run)
  }
  let fence = String(repeating: "#", count: longest + 1)
  return "\(fence)\"\"\"\n\(text)\n\"\"\"\(fence)"
}

var source =
  "/// Generated at build time from the package's files: path to content.\nenum EmbeddedFiles {\n"
source += "  static let contents: [String: String] = [\n"
for path in try relativePaths() {
  let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
  source += "\"\(path)\": \(literal(text)),\n"
}
source += "  :\n".replacingOccurrences(of: ":", with: try relativePaths().isEmpty ? ":" : "")
source += "  ]\n}\n"
try source.write(toFile: arguments[2], atomically: true, encoding: .utf8)
