public import Logging

extension Logger {
  /// A logger of all levels that tells every line with its facts.
  public static func capturing(
    _ take: @escaping @Sendable (Logger.Level, String, [String: String]) -> Void
  ) -> Logger {
    var logger = Logger(label: "test") { _ in CapturingHandler(take: take) }
    logger.logLevel = .trace
    return logger
  }
}

private struct CapturingHandler: LogHandler {
  let take: @Sendable (Logger.Level, String, [String: String]) -> Void
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let facts = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
    take(event.level, "\(event.message)", facts)
  }
}
