internal import Formats

/// The network address of the person who asks, as the main app saw it: IPv4, or IPv6 by its /64.
///
/// A household or phone has a whole /64, so its limit counts together; IPv4-mapped IPv6 is the IPv4
/// address it stands for.
public struct ClientAddress: Sendable, Hashable {
  /// 4 bytes of IPv4, or the first 8 of IPv6: what the limit counts.
  public let limiterForm: [UInt8]

  /// Nil for anything but a plain address: no port, prefix length, zone or brackets.
  public init?(_ text: String) {
    guard let address = IPAddress(text)?.unmapped else { return nil }
    limiterForm = Array(address.bytes.prefix(address.isIPv4 ? 4 : 8))
  }
}
