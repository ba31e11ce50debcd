/// Why mail cannot be set up. Found at the start, never while a mail is made. Of templates `TemplateProblem` says it.
public enum MailingError: Error, Sendable, Equatable {
  /// A transport URL cannot be used. Nothing of the URL is quoted, for it may hold a password.
  case transportURL(problem: String)
  /// A file that a transport URL names by one of its parameters cannot be used.
  case secretFile(option: String, path: String, problem: String)
}

extension MailingError: CustomStringConvertible {
  /// One sentence without its full stop, safe to show.
  public var description: String {
    switch self {
    case .transportURL(let problem): "mail transport: \(problem)"
    case .secretFile(let option, let path, let problem):
      "mail transport: \(option) \(path) \(problem)"
    }
  }
}
