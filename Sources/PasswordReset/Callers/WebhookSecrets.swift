internal import Cryptography
internal import Formats

/// The secrets of one webhook, Standard Webhooks 1.0.0: the first signs first, and every one of them
/// signs, so that a receiver may change over from one to the next at any moment.
public struct WebhookSecrets: Sendable {
  public enum Problem: Error, Sendable, Equatable {
    /// No secret at all.
    case none
    /// Not `whsec_` and base64; lines count from 1.
    case malformed(line: Int)
    /// Under 24 bytes.
    case short(line: Int)
  }

  private static let minimum = 24
  private static let prefix = "whsec_"

  private let keys: [Secret]

  /// One secret a line: `whsec_` and base64 (RFC 4648 §4), or the bytes as they are. Empty lines and
  /// `#` comments are skipped.
  public init(file text: String) throws(Problem) {
    var keys: [Secret] = []
    for (number, line) in text.entryLines {
      keys.append(try Self.key(line, number))
    }
    guard !keys.isEmpty else { throw .none }
    self.keys = keys
  }

  private static func key(_ line: Substring, _ number: Int) throws(Problem) -> Secret {
    var bytes = Array(line.utf8)
    if bytes.last == 13 { bytes.removeLast() }
    if line.utf8.starts(with: prefix.utf8) {
      let text = String(decoding: bytes.dropFirst(prefix.utf8.count), as: UTF8.self)
      guard let decoded = Base64.decode(text) else { throw .malformed(line: number) }
      bytes = decoded
    }
    guard bytes.count >= minimum else { throw .short(line: number) }
    return Secret(bytes)
  }

  /// `webhook-id`, `webhook-timestamp` and `webhook-signature` for a body.
  /// - Parameter id: visible ASCII without a full stop; the same in every attempt.
  public func headers(
    id: String, at now: Timestamp, body: [UInt8]
  ) throws(ResetError) -> [(name: String, value: String)] {
    var rest: [UInt8]? = body
    return try headers(id: id, at: now, chunks: { rest.take() })
  }

  /// The same for a body that is never held whole.
  /// - Parameter next: returns the next bytes of the body, nil at its end.
  public func headers(
    id: String, at now: Timestamp, chunks next: () -> [UInt8]?
  ) throws(ResetError) -> [(name: String, value: String)] {
    let seconds = now.microseconds / 1_000_000
    var head: [UInt8]? = Array("\(id).\(seconds).".utf8)
    let codes: [[UInt8]]
    do throws(CryptographyError) {
      codes = try HMACSHA256.codes(forChunks: { head.take() ?? next() }, keys: keys)
    } catch { throw .cryptography }
    return [
      ("webhook-id", id), ("webhook-timestamp", String(seconds)),
      ("webhook-signature", codes.map { "v1,\(Base64.encode($0))" }.joined(separator: " ")),
    ]
  }
}

extension WebhookSecrets.Problem: CustomStringConvertible {
  /// A sentence without its full stop, safe to show.
  public var description: String {
    switch self {
    case .none: "holds no secret"
    case .malformed(let line): "line \(line) has whsec_ and then no padded base64"
    case .short(let line): "line \(line): a secret must have at least 24 bytes"
    }
  }
}
