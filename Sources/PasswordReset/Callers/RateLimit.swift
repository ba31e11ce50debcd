/// At most `count` acceptances in any window of `window`, sliding.
public struct RateLimit: Sendable, Hashable {
  public let count: Int32
  public let window: WholeDuration

  /// Reads `3/15m`. Nil unless 1 ≤ count ≤ 1000 and 1 s ≤ window ≤ 30 d.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
      let count = Int32(parts[0]), (1...1000).contains(count),
      let window = WholeDuration(parts[1]), (1...2_592_000).contains(window.seconds)
    else { return nil }
    self.count = count
    self.window = window
  }
}

extension RateLimit: CustomStringConvertible {
  public var description: String { "\(count)/\(window)" }
}

/// Limits that hold together, such as `3/15m 5/1h 10/1d`: a request is accepted if it breaks none.
public struct RateLimits: Sendable, Hashable {
  public let limits: [RateLimit]

  /// Nil without any limit, or with more than 8.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: " ")
    let limits = parts.compactMap { RateLimit($0) }
    guard !limits.isEmpty, limits.count == parts.count, limits.count <= 8 else { return nil }
    self.limits = limits
  }
}

extension RateLimits: CustomStringConvertible {
  public var description: String { limits.map(\.description).joined(separator: " ") }
}
