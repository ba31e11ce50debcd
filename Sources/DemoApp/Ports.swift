/// How the app reaches Rekey's internal listener. The app builds path, body and headers; the
/// transport knows the base address, the deadline and TLS.
public protocol RekeyTransport: Sendable {
  /// - Parameters:
  ///   - path: begins with `/`.
  ///   - headers: with `Authorization` and `Content-Type`.
  /// - Throws: when there was no whole answer in time; the app then says "try again".
  func post(
    path: String, body: [UInt8], headers: [(String, String)]
  ) async throws -> RekeyAnswer
}

/// An answer of any status.
public struct RekeyAnswer: Sendable {
  public var status: Int
  public var headers: [(String, String)]
  public var body: [UInt8]

  public init(status: Int, headers: [(String, String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The first field of that name, ASCII case ignored.
  func header(_ name: String) -> String? {
    headers.first { $0.0.lowercased() == name.lowercased() }?.1
  }
}

/// A slow, salted password hash such as scrypt or argon2id. Both functions may take a while and
/// must not block a thread of Swift's cooperative pool.
public struct PasswordHasher: Sendable {
  /// A new hash of the password, with its salt and parameters, as one line of text.
  public var hash: @Sendable (_ password: String) async throws -> String
  /// Whether the password gave that hash.
  public var verify: @Sendable (_ password: String, _ hash: String) async throws -> Bool

  public init(
    hash: @escaping @Sendable (_ password: String) async throws -> String,
    verify: @escaping @Sendable (_ password: String, _ hash: String) async throws -> Bool
  ) {
    self.hash = hash
    self.verify = verify
  }
}

/// That many octets from a cryptographically secure generator.
public typealias RandomBytes = @Sendable (_ count: Int) -> [UInt8]

/// The system's generator, which is such a one.
public let systemRandom: RandomBytes = { count in
  (0..<count).map { _ in .random(in: .min ... .max) }
}
