internal import Glibc

/// Reads small files whole: keys, secrets, certificates, templates.
public enum SmallFile {
  /// Who may have access to the file.
  public enum Access: Sendable {
    case anybody
    /// Refused when others can read it, or group or others can write it.
    case owner
  }

  /// Why a file is not taken. A sentence without subject and full stop, safe to show: it names
  /// neither the path nor anything of the content.
  public enum Problem: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable
    /// A folder, a pipe or a device.
    case notAFile
    case openToOthers
    /// - octets: how many there may be.
    case tooLarge(octets: Int)
    case notUTF8

    public var description: String {
      switch self {
      case .unreadable: "cannot be read"
      case .notAFile: "is not a file"
      case .openToOthers:
        "can be read by others or written by group or others; chmod 600 it"
      case .tooLarge(let octets):
        octets.isMultiple(of: 1024)
          ? "has more than \(octets / 1024) KiB" : "has more than \(octets) octets"
      case .notUTF8: "is not UTF-8 text"
      }
    }
  }

  /// The content of a regular file. Never waits for a pipe or a device.
  /// - Parameter limit: in octets.
  public static func bytes(
    _ path: String, for access: Access, atMost limit: Int
  ) throws(Problem) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw .unreadable }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw .unreadable }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else { throw .unreadable }
    guard info.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    guard access == .anybody || info.st_mode & (S_IROTH | S_IWOTH | S_IWGRP) == 0 else {
      throw .openToOthers
    }
    // Only as much as there is, and one more, so that a file which grows meanwhile shows.
    let size = min(Int(clamping: info.st_size), limit) + 1
    guard let bytes = content(of: descriptor, atMost: limit, expected: size) else {
      throw .unreadable
    }
    guard bytes.count <= limit else { throw .tooLarge(octets: limit) }
    return bytes
  }

  /// The same as text.
  public static func text(
    _ path: String, for access: Access, atMost limit: Int
  ) throws(Problem) -> String {
    let bytes = try bytes(path, for: access, atMost: limit)
    // Decoding would mend what is not UTF-8, and a key would be another one.
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
    return text
  }

  /// At most one byte more than the limit; nil where reading fails.
  private static func content(
    of descriptor: Int32, atMost limit: Int, expected: Int
  ) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: expected)
    while bytes.count <= limit {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return Array(bytes.prefix(limit + 1))
  }
}
