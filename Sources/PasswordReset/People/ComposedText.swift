/// Unicode text with one spelling: form NFC (UAX #15), decided without a normaliser.
enum ComposedText {
  /// Letters, marks and decimal digits: what names are written with. Format characters, symbols
  /// and spaces are not.
  static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .decimalNumber:
      true
    default: false
    }
  }

  /// Never true for text that is not NFC; false also for some rare text that is.
  static func isComposed(_ scalars: [Unicode.Scalar]) -> Bool {
    var starter: Unicode.Scalar?
    var previousClass: UInt8 = 0
    for scalar in scalars {
      let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
      if scalar.properties.isFullCompositionExclusion { return false }
      if combiningClass != 0 && combiningClass < previousClass { return false }
      if let starter, !scalar.isASCII, merge(starter, scalar) { return false }
      if combiningClass == 0 { starter = scalar }
      previousClass = combiningClass
    }
    return true
  }

  /// Whether NFC writes the two in another way. Swift orders strings by their NFC scalars, so the
  /// pair lies between its first scalar before the lowest and before the highest of all scalars
  /// exactly if the first scalar stands as it is. (The first scalar alone is no lower bound: a
  /// string that begins with all bytes of another is ordered without normalising.)
  private static func merge(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Bool {
    let pair = "\(first)\(second)"
    return !("\(first)\u{0}" < pair && pair < "\(first)\u{10FFFF}")
  }
}
