import Logging
import Support

/// Keeps every line with its facts.
final class LogBook: Sendable {
  let lines = Watched<[String]>([])

  var logger: Logger {
    .capturing { [lines] level, message, facts in
      let text = facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: " ")
      lines.update { $0.append("\(level) \(message) \(text)") }
    }
  }
}
