import Formats
import Hooks
import PasswordReset
import Synchronization
import Support
import Testing

/// What the tests of all hooks have in common.
enum HooksSample {
  static let request = "019aa6b2-7c00-7123-8456-0123456789ab"
  /// The second of ``Sample/moment``.
  static let second: Int64 = 1_795_253_400

  static func call(
    _ body: String, _ headers: [(name: String, value: String)] = [],
    at now: Timestamp = Sample.moment
  ) -> HookCall {
    HookCall(headers: HookHeaders(headers), body: Array(body.utf8), now: now)
  }

  static func pem(_ label: String, _ bytes: [UInt8]) -> String {
    let text = Array(Base64.encode(bytes).utf8)
    let lines = stride(from: 0, to: text.count, by: 64).map {
      String(decoding: text[$0..<min($0 + 64, text.count)], as: UTF8.self)
    }
    return (["-----BEGIN \(label)-----"] + lines + ["-----END \(label)-----", ""])
      .joined(separator: "\n")
  }

  /// The database's clock so many seconds, and a microsecond, after or before a signed second.
  static func clock(_ seconds: Int64, microseconds: Int64 = 0) -> Timestamp {
    Timestamp(microseconds: (second + seconds) * 1_000_000 + microseconds)
  }
}

/// How a call ends, in a word.
enum HooksOutcome: Equatable {
  case taken([ProviderReport])
  case refused(HookRefusal)

  static let nothing = HooksOutcome.taken([])
  static let unauthenticated = HooksOutcome.refused(.unauthenticated)

  static func of(_ hook: any ProviderHook, _ call: HookCall) async -> HooksOutcome {
    do throws(HookRefusal) {
      return .taken(try await hook.delivery(call).reports)
    } catch { return .refused(error) }
  }
}

extension ProviderReport {
  static func sample(
    _ kind: Kind, _ address: String = "ada@example.org", request: String? = HooksSample.request,
    id: String
  ) throws -> ProviderReport {
    ProviderReport(
      kind: kind, address: try Sample.address(address),
      requestID: request.flatMap { RequestID($0) },
      id: id)
  }
}

/// Answers what it is told to, and keeps what it was asked for.
final class HooksWeb: HookFetcher {
  private let pages: Mutex<[String: [UInt8]]>
  private let asked = Mutex<[String]>([])

  init(_ pages: [String: [UInt8]] = [:]) { self.pages = Mutex(pages) }

  var urls: [String] { asked.withLock { $0 } }

  func get(_ url: String) async -> [UInt8]? {
    asked.withLock { $0.append(url) }
    return pages.withLock { $0[url] }
  }
}
