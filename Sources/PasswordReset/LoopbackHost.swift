/// Which hosts are this machine.
public enum LoopbackHost {
  /// `localhost` in any case, an address of 127.0.0.0/8 in four plain numbers, or `::1` (RFC 6761
  /// §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). Names that merely begin like an address are not.
  /// - Parameter host: without port and brackets.
  public static func contains(_ host: some StringProtocol) -> Bool {
    let bytes = Array(host.utf8)
    let name = bytes.map(\.asciiLowercased)
    if name.elementsEqual("localhost".utf8) || name.elementsEqual("::1".utf8) { return true }
    let numbers = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return numbers.count == 4 && numbers[0].elementsEqual("127".utf8)
      && numbers.allSatisfy { number in
        number.allSatisfy { (0x30...0x39).contains($0) }
          && UInt8(String(decoding: number, as: UTF8.self)) != nil
      }
  }
}
