/// One condition of being ready.
public struct ReadinessCheck: Sendable, Equatable {
  public let name: String
  /// Nil if it holds; else a short sentence without names of hosts or keys.
  public let problem: String?
  public let detail: String

  public init(name: String, problem: String?, detail: String = "ok") {
    self.name = name
    self.problem = problem
    self.detail = detail
  }
}

public protocol Readiness: Sendable {
  func check() async -> [ReadinessCheck]
}
