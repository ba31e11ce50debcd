/// A sender: an address with an optional display name, written `Name <a@b>`.
public struct Mailbox: Sendable, Equatable {
  public let name: String?
  public let address: EmailAddress

  /// Nil unless the text is an address or a name of at most 128 octets without control characters
  /// and angle brackets, followed by an address in angle brackets.
  public init?(_ text: String, policy: EmailAddress.Policy) {
    let bytes = Array(text.utf8)
    guard bytes.last == UInt8(ascii: ">"), let open = bytes.lastIndex(of: UInt8(ascii: "<")) else {
      guard let address = try? EmailAddress(text, policy: policy) else { return nil }
      self.init(name: nil, address: address)
      return
    }
    let inner = String(decoding: bytes[(open + 1)..<(bytes.count - 1)], as: UTF8.self)
    var name = bytes[..<open]
    while name.last == 0x20 { name = name.dropLast() }
    while name.first == 0x20 { name = name.dropFirst() }
    guard let address = try? EmailAddress(inner, policy: policy), name.count <= 128,
      name.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && !"<>".utf8.contains($0) })
    else { return nil }
    self.init(
      name: name.isEmpty ? nil : String(decoding: name, as: UTF8.self), address: address)
  }

  private init(name: String?, address: EmailAddress) {
    self.name = name
    self.address = address
  }
}
