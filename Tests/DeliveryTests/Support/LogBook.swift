import Logging

/// Keeps every line with its facts.
final class LogBook: Sendable {
  let lines = Watched<[String]>([])

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(book: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let book: LogBook
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let facts = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
      let text = facts.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      let line = "\(event.level) \(event.message) \(text)"
      book.lines.update { $0.append(line) }
    }
  }
}
