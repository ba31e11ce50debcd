/// Where a mail provider calls to say what became of mails.
public protocol ProviderHook: Sendable {
  /// Before the body is read: refuses what no body could make good.
  func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal)

  /// What the call brought, once it is known to come from the provider. Reports of no concern here,
  /// and those whose address cannot be one, are left out.
  func delivery(_ call: HookCall) async throws(HookRefusal) -> ProviderDelivery
}

/// Why a provider's call is not taken down. Repeats nothing of it.
public enum HookRefusal: Error, Sendable, Equatable {
  /// Not proved to come from the provider, or not lately.
  case unauthenticated
  /// The provider's, but not in a form that is known here.
  case unreadable
  /// What the proof needs is not at hand; the same call may succeed later.
  case unavailable
}

public struct HookCall: Sendable {
  public let headers: HookHeaders
  /// As it was sent: signatures are made over bytes.
  public let body: [UInt8]
  /// Database time.
  public let now: Timestamp

  public init(headers: HookHeaders, body: [UInt8], now: Timestamp) {
    self.headers = headers
    self.body = body
    self.now = now
  }
}

public struct HookHeaders: Sendable {
  private let fields: [(name: String, value: String)]

  /// - Parameter fields: their names in lower case.
  public init(_ fields: [(name: String, value: String)]) { self.fields = fields }

  /// The value of a field that stands exactly once.
  func only(_ name: String) -> String? {
    let values = fields.filter { $0.name.utf8.elementsEqual(name.utf8) }
    return values.count == 1 ? values.first?.value : nil
  }
}

/// Why a hook cannot be configured so. Names the place, never what stands there.
public enum HookProblem: Error, Sendable, Equatable {
  case empty
  /// Lines and PEM blocks count from 1.
  case publicKey(number: Int)
  case signingKey(line: Int)
  case credentials(line: Int)
  case topic(number: Int)
  case certificate(number: Int)
}

extension HookProblem: CustomStringConvertible {
  /// A sentence without its full stop, safe to show.
  public var description: String {
    switch self {
    case .empty: "holds nothing"
    case .publicKey(let number):
      "entry \(number) is no ECDSA P-256 public key in base64 DER or PEM"
    case .signingKey(let line): "line \(line) must have visible ASCII characters only"
    case .credentials(let line): "line \(line) is not user:password"
    case .topic(let number): "entry \(number) is no ARN of an SNS topic"
    case .certificate(let number):
      "certificate \(number) is no X.509 certificate with an RSA key of at least 2048 bits"
    }
  }
}

extension Timestamp {
  private static let oldest: Int64 = 24 * 3600
  private static let furthest: Int64 = 5 * 60

  /// Whether a call that was signed at this moment still counts: up to 24 h later, as providers
  /// repeat calls for hours, and up to 5 min earlier, as clocks differ.
  func isFresh(at now: Timestamp) -> Bool {
    self >= now.advanced(bySeconds: -Self.oldest) && self <= now.advanced(bySeconds: Self.furthest)
  }

  /// Reads seconds since 1970, 1 to 12 decimal digits.
  init?(seconds text: String) {
    guard (1...12).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
      let seconds = Int64(text)
    else { return nil }
    self.init(microseconds: seconds * 1_000_000)
  }
}

extension String {
  /// Space, tab and CR at either end dropped.
  var trimmedBytes: [UInt8] { Array(Substring(self).trimmedBytes) }
}

extension Substring {
  var trimmedBytes: [UInt8] {
    let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0d].contains(byte) }
    return Array(utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
