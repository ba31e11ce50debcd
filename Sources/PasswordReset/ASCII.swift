extension UInt8 {
  /// Folds A to Z only.
  public var asciiLowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}

extension String {
  /// Folds A to Z only: what else has a case means something else to another reader.
  public var asciiLowercased: String {
    String(decoding: utf8.map(\.asciiLowercased), as: UTF8.self)
  }
}
