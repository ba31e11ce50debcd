internal import CCurl
internal import Formats
internal import Glibc

/// An address as far as it decides whether a call may go there.
extension IPAddress {
  /// Nil for an address that is neither IPv4 nor IPv6.
  init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
    let family = unsafe address.pointee.family
    let length = unsafe Int(address.pointee.addrlen)
    guard let bytes = unsafe ccurl_address_bytes(address) else { return nil }
    if family == AF_INET, length >= MemoryLayout<sockaddr_in>.size {
      let v4 = unsafe bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
      self.init(bytes: unsafe withUnsafeBytes(of: v4) { unsafe Array($0) })
    } else if family == AF_INET6, length >= MemoryLayout<sockaddr_in6>.size {
      let v6 = unsafe bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      self.init(bytes: unsafe withUnsafeBytes(of: v6) { unsafe Array($0) })
    } else {
      return nil
    }
  }

  /// Whether it belongs to the public Internet (the registries of RFC 6890, and what carries an
  /// IPv4 address inside).
  var isPublic: Bool {
    isIPv4 ? Self.isPublicIPv4(bytes) : Self.isPublicIPv6(bytes)
  }

  private struct Block {
    let prefix: UInt32
    let length: UInt32

    func contains(_ address: UInt32) -> Bool { (address ^ prefix) >> (32 - length) == 0 }
  }

  private static let specialV4 = [
    Block(prefix: 0x0000_0000, length: 8),  // this network, RFC 791
    Block(prefix: 0x0a00_0000, length: 8),  // private, RFC 1918
    Block(prefix: 0x6440_0000, length: 10),  // shared by carriers, RFC 6598
    Block(prefix: 0x7f00_0000, length: 8),  // loopback, RFC 1122
    Block(prefix: 0xa9fe_0000, length: 16),  // link-local, RFC 3927
    Block(prefix: 0xac10_0000, length: 12),  // private, RFC 1918
    Block(prefix: 0xc000_0000, length: 24),  // protocol assignments, RFC 6890
    Block(prefix: 0xc0a8_0000, length: 16),  // private, RFC 1918
    Block(prefix: 0xc612_0000, length: 15),  // benchmarks, RFC 2544
    Block(prefix: 0xe000_0000, length: 4),  // multicast, RFC 5771
    Block(prefix: 0xf000_0000, length: 4),  // reserved and broadcast, RFC 1112, RFC 919
  ]

  private static func isPublicIPv4(_ bytes: some Collection<UInt8>) -> Bool {
    let address = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    return !specialV4.contains { $0.contains(address) }
  }

  private static func isPublicIPv6(_ bytes: [UInt8]) -> Bool {
    let zeros = bytes.prefix { $0 == 0 }.count
    // ::/96 with :: and ::1 and the deprecated compatible form, RFC 4291 section 2.5.
    if zeros >= 12 { return false }
    // ::ffff:0:0/96, RFC 4291 section 2.5.5.2.
    if zeros == 10, bytes[10] == 0xff, bytes[11] == 0xff { return isPublicIPv4(bytes[12...]) }
    // 64:ff9b::/96, RFC 6052, and its local-use sibling 64:ff9b:1::/48, RFC 8215.
    if bytes.starts(with: [0x00, 0x64, 0xff, 0x9b]) {
      return bytes[4..<12].allSatisfy { $0 == 0 } && isPublicIPv4(bytes[12...])
    }
    // 2002::/16, RFC 3056.
    if bytes.starts(with: [0x20, 0x02]) { return isPublicIPv4(bytes[2...5]) }
    // Teredo hides the address of the client, RFC 4380.
    if bytes.starts(with: [0x20, 0x01, 0x00, 0x00]) { return false }
    // Link-local and the deprecated site-local, unique local, multicast.
    let isLocal = bytes[0] == 0xfe && bytes[1] & 0x80 != 0
    return !isLocal && bytes[0] & 0xfe != 0xfc && bytes[0] != 0xff
  }
}
