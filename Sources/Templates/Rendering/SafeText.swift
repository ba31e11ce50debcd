/// How values from outside are made harmless before a template sees them. All of it goes by Unicode
/// scalars or bytes: to Swift, `"` with an accent after it is one Character that is no `"`, and so
/// slips through an escaping that goes by Characters.
public enum SafeText {
  /// Control characters, line ends of every kind and marks that reorder what follows (the Trojan
  /// Source set, CVE-2021-42574) become spaces.
  public static func singleLine(_ text: String) -> String {
    if isSingleLine(text) { return text }
    var line = String.UnicodeScalarView()
    line.append(contentsOf: text.unicodeScalars.lazy.map { isDisruptive($0) ? " " : $0 })
    return String(line)
  }

  public static func isSingleLine(_ text: String) -> Bool {
    // Most text is ASCII, where a look at the bytes is enough.
    text.utf8.allSatisfy { (0x20..<0x7f).contains($0) }
      || !text.unicodeScalars.contains(where: isDisruptive)
  }

  private static func isDisruptive(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
