internal import Foundation
public import Glibc

/// A directory of one test, removed with it.
public final class Folder: Sendable {
  public let path: String

  public init() throws {
    let parent = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    let folder = parent.appending(path: "rekey-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    path = folder.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, made with this mode.
  public func write(_ text: String, to name: String = "file", mode: mode_t = 0o600) throws -> String
  {
    let file = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(filePath: file))
    chmod(file, mode)
    return file
  }

  public static func text(of path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The permission bits, of a link itself.
  public static func mode(of path: String) -> mode_t? {
    var info = stat()
    return lstat(path, &info) == 0 ? info.st_mode & 0o7777 : nil
  }
}

extension Folder {
  /// What is in it, by name.
  public var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }
}
