/// How many acceptance times of a key are kept: the largest count of any caller's limits, because
/// all callers' requests for an address count together.
public struct LimitHistory: Sendable, Hashable {
  public let address: Int32
  public let client: Int32

  public init(address: Int32, client: Int32) {
    self.address = address
    self.client = client
  }

  public init(of callers: some Sequence<CallerSettings>) {
    address = callers.lazy.map(\.addressLimits.largestCount).max() ?? 1
    client = callers.lazy.map(\.clientLimits.largestCount).max() ?? 1
  }
}
