internal import Glibc
internal import PasswordReset
internal import Transfer

/// A body as bytes, files included, for those who have to sign or encode the whole of it.
enum WholeBody {
  /// What Amazon takes at most; nobody else's mail is larger.
  static let maximumSize: Int64 = 40 * 1024 * 1024

  /// Files are read on a thread of their own: reading blocks.
  ///
  /// - Throws: permanent `mail_too_large`, or transient `file_missing` or `file_changed`.
  static func bytes(of body: TransferBody) async throws(CallProblem) -> [UInt8] {
    guard body.count <= maximumSize else {
      throw CallProblem(outcome: .permanent(cause: "mail_too_large"))
    }
    let hasFiles = body.pieces.contains { if case .base64 = $0 { true } else { false } }
    guard hasFiles else { return try joined(body).get() }
    let result = await withCheckedContinuation { continuation in
      Self.startThread { continuation.resume(returning: joined(body)) }
    }
    return try result.get()
  }

  private static func joined(_ body: TransferBody) -> Result<[UInt8], CallProblem> {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(body.count))
    for piece in body.pieces {
      switch piece {
      case .bytes(let more): bytes += more
      case .base64(let path, let size, let hasLines):
        switch content(of: path, size: size) {
        case .success(let content): append(content, hasLines, to: &bytes)
        case .failure(let problem): return .failure(problem)
        }
      }
    }
    return .success(bytes)
  }

  /// Lines have 76 characters and end in CR LF, the last one too (RFC 2045 §6.8).
  private static func append(_ content: [UInt8], _ hasLines: Bool, to bytes: inout [UInt8]) {
    guard hasLines else {
      bytes += Base64.encode(content).utf8
      return
    }
    for start in stride(from: 0, to: content.count, by: 57) {
      bytes += Base64.encode(Array(content[start..<min(start + 57, content.count)])).utf8
      bytes += [13, 10]
    }
  }

  private static func content(of path: String, size: Int64) -> Result<[UInt8], CallProblem> {
    func problem(_ cause: String) -> Result<[UInt8], CallProblem> {
      .failure(CallProblem(outcome: .transient(cause: cause, blame: .message)))
    }
    guard !path.utf8.contains(0) else { return problem("file_missing") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return problem("file_missing") }
    defer { close(descriptor) }
    var info = stat()
    guard fstat(descriptor, &info) == 0, info.st_mode & S_IFMT == S_IFREG else {
      return problem("file_missing")
    }
    guard Int64(info.st_size) == size else { return problem("file_changed") }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    var count = 0
    while count < bytes.count {
      let more = bytes[count...].withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { return problem("file_changed") }
      count += more
    }
    return .success(bytes)
  }

  private static func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Work {
      let body: @Sendable () -> Void
      init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let work = Unmanaged.passRetained(Work(body))
    var thread: pthread_t = 0
    let status = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    // Without a thread it has to be read here.
    guard status == 0 else { return work.takeRetainedValue().body() }
    pthread_detach(thread)
  }
}
