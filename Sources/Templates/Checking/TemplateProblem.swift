/// Why a template cannot be used. Found at the start or at a reload, never while something is shown.
public struct TemplateProblem: Error, Sendable, Equatable {
  /// By its path below the folder of templates.
  public let file: String
  /// From 1; nil where the whole file is meant.
  public let line: Int?
  /// The end of a sentence about the file, without its full stop.
  public let problem: String

  public init(file: String, line: Int? = nil, problem: String) {
    self.file = file
    self.line = line
    self.problem = problem
  }
}

extension TemplateProblem: CustomStringConvertible {
  /// One line, safe to show: names of files are text from outside.
  public var description: String {
    let text = line.map { "\(file) line \($0): \(problem)" } ?? "\(file): \(problem)"
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: "?"
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
