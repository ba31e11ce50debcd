import Formats
import Foundation
import Glibc

/// A file with keys or their hashes, refused when others can read it or group or others can write it.
enum KeyFile {
  static func read(_ path: String, _ key: ConfigurationKey) throws(ConfigurationProblem) -> String {
    do { return try SmallFile.text(path, for: .owner, atMost: 1 << 20) } catch .openToOthers {
      throw ConfigurationProblem(
        "\(key.name): \(path) can be read by others or written by group or others; chmod 600 \(path)"
      )
    } catch { throw ConfigurationProblem("\(key.name): \(path) \(error)") }
  }

  /// Makes a new file with mode 0600; nothing that is there is overwritten.
  static func create(_ path: String, _ text: String) throws(CommandFailure) {
    try create(path, Array(text.utf8), as: nil)
  }

  /// Replaces a file as a whole, by rename: a reader sees the old or the new one. Owner, group and
  /// mode stay; a new file is closed to others. Behind a link, the file it leads to is replaced.
  static func replace(_ path: String, _ text: String) throws(CommandFailure) {
    let place = try Place(path)
    try place.swap(in: try place.draft(Array(text.utf8)))
  }

  /// Replaces a file by what `edit` makes of its bytes, nil where there is none. Nobody else who
  /// comes this way changes it meanwhile.
  /// - Parameter announce: the last step that may fail with the file left as it was.
  static func change(
    _ path: String, _ edit: ([UInt8]?) throws -> [UInt8], announce: () throws -> Void = {}
  ) throws {
    let place = try Place(path)
    let lock = try place.lock()
    defer { close(lock) }
    let draft = try place.draft(
      try edit(FileManager.default.contents(atPath: place.path).map(Array.init)))
    do { try announce() } catch {
      unlink(draft)
      throw error
    }
    try place.swap(in: draft)
    fsync(lock)
  }

  /// - Parameter former: whose owner, group and mode it gets.
  fileprivate static func create(
    _ path: String, _ bytes: [UInt8], as former: stat?
  ) throws(CommandFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure(
        description: errno == EEXIST
          ? "\(path) exists already and is left as it is" : "\(path) cannot be made")
    }
    let isWritten = Console.write(bytes, to: descriptor) && fsync(descriptor) == 0
    let isLike = former.map { take(descriptor, $0) } ?? true
    guard close(descriptor) == 0, isWritten, isLike else {
      unlink(path)
      throw CommandFailure(description: "\(path) could not be written")
    }
  }

  /// The mode last: a change of the owner takes bits away.
  private static func take(_ descriptor: Int32, _ former: stat) -> Bool {
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { return false }
    let isSame = info.st_uid == former.st_uid && info.st_gid == former.st_gid
    return (isSame || fchown(descriptor, former.st_uid, former.st_gid) == 0)
      && fchmod(descriptor, former.st_mode & 0o7777) == 0
  }
}

/// Where a file is, or will be.
private struct Place {
  /// As it was asked for, for people.
  let shown: String
  /// Behind all links.
  let path: String

  init(_ shown: String) throws(CommandFailure) {
    self.shown = shown
    if let resolved = realpath(shown, nil) {
      defer { free(resolved) }
      path = String(cString: resolved)
      var info = stat()
      guard stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
        throw CommandFailure(description: "\(shown) is not a file and is left as it is")
      }
    } else {
      var info = stat()
      guard errno == ENOENT, lstat(shown, &info) != 0 else {
        throw CommandFailure(description: "\(shown) leads nowhere")
      }
      path = shown
    }
  }

  /// One writer a directory. Released when closed, or when the process ends.
  func lock() throws(CommandFailure) -> Int32 {
    let directory = URL(filePath: path).deletingLastPathComponent().path(percentEncoded: false)
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw CommandFailure(description: "\(shown): its directory cannot be opened")
    }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        close(descriptor)
        throw CommandFailure(description: "\(shown): its directory cannot be locked")
      }
    }
    return descriptor
  }

  /// The new content, in a file of its own beside the old one.
  func draft(_ bytes: [UInt8]) throws(CommandFailure) -> String {
    let draft = "\(path).\(getpid()).new"
    unlink(draft)
    var info = stat()
    let former = lstat(path, &info) == 0 ? info : nil
    do { try KeyFile.create(draft, bytes, as: former) } catch {
      throw CommandFailure(description: "\(shown) could not be written")
    }
    return draft
  }

  func swap(in draft: String) throws(CommandFailure) {
    guard rename(draft, path) == 0 else {
      unlink(draft)
      throw CommandFailure(description: "\(shown) could not be replaced")
    }
  }
}
