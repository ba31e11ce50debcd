import Foundation
import Glibc

/// A file with keys or their hashes, refused when others can read it or group or others can write it.
enum KeyFile {
  static func read(_ path: String, _ key: ConfigurationKey) throws(ConfigurationProblem) -> String {
    var info = stat()
    guard stat(path, &info) == 0 else {
      throw ConfigurationProblem("\(key.rawValue): \(path) cannot be read")
    }
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw ConfigurationProblem("\(key.rawValue): \(path) is not a file")
    }
    guard info.st_mode & (S_IROTH | S_IWOTH | S_IWGRP) == 0 else {
      throw ConfigurationProblem(
        "\(key.rawValue): \(path) can be read by others or written by group or others; chmod 600 \(path)"
      )
    }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ConfigurationProblem("\(key.rawValue): \(path) cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Makes a new file with mode 0600; nothing that is there is overwritten.
  static func create(_ path: String, _ text: String) throws(CommandFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure(
        description: errno == EEXIST
          ? "\(path) exists already and is left as it is" : "\(path) cannot be made")
    }
    let isWritten = Standard.write(text, to: descriptor) && fsync(descriptor) == 0
    guard close(descriptor) == 0, isWritten else {
      unlink(path)
      throw CommandFailure(description: "\(path) could not be written")
    }
  }

  /// Replaces a file as a whole, by rename: a reader sees the old or the new one. Keeps mode 0600.
  static func replace(_ path: String, _ text: String) throws(CommandFailure) {
    let draft = "\(path).\(getpid()).new"
    unlink(draft)
    try create(draft, text)
    guard rename(draft, path) == 0 else {
      unlink(draft)
      throw CommandFailure(description: "\(path) could not be replaced")
    }
  }
}
