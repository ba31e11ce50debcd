/// What a caller names a call by, to repeat it safely: 1 to 256 visible ASCII characters.
public struct IdempotencyKey: Sendable, Hashable {
  let text: String

  public init?(_ text: String) {
    guard (1...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
    else { return nil }
    self.text = text
  }
}
