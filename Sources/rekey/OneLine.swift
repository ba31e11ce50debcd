extension String {
  /// For a place in a line that people read: 120 characters at most, and no character that ends a
  /// line or talks to a terminal.
  var oneLine: String {
    let scalars = unicodeScalars.prefix(120).map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: "?"
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
