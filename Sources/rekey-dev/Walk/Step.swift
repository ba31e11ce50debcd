import Foundation

/// Something that did not hold.
struct Unmet: Error, CustomStringConvertible {
  let expected: String
  let seen: String

  var description: String { "expected \(expected), saw \(seen)" }
}

func expect(_ holds: Bool, _ expected: String, _ seen: @autoclosure () -> String) throws(Unmet) {
  if !holds { throw Unmet(expected: expected, seen: seen()) }
}

extension HTTPAnswer {
  /// The members of a JSON answer that are texts; none where it is something else.
  var texts: [String: String] {
    let object = (try? JSONSerialization.jsonObject(with: body)) as? [String: Any]
    return (object ?? [:]).compactMapValues { $0 as? String }
  }

  /// Refuses any other status or problem. Shows the code of a problem and never the body, which
  /// may hold a token.
  func expect(_ wanted: Int, _ code: String? = nil) throws(Unmet) {
    let seen = texts["code"]
    try rekey_dev.expect(
      status == wanted && (code == nil || code == seen),
      [String(wanted), code].compactMap { $0 }.joined(separator: " "),
      [String(status), seen].compactMap { $0 }.joined(separator: " "))
  }

  /// A member that must be there.
  func string(_ name: String) throws(Unmet) -> String {
    guard let text = texts[name] else {
      throw Unmet(expected: "\(name) in the answer", seen: "none")
    }
    return text
  }
}

/// Prints a line a step and counts those that held.
final class WalkReport {
  private(set) var held = 0

  func title(_ text: String) throws { try Terminal.output(text) }

  /// - Parameter body: returns what it saw.
  func step(_ name: String, _ body: () async throws -> String) async throws {
    let number = held + 1
    let label = String(repeating: " ", count: number < 10 ? 1 : 0) + "\(number). \(name): "
    do {
      try Terminal.output("  \(label)\(try await body())")
      held = number
    } catch {
      try Terminal.output("  \(label)FAILED, \(error)")
      throw Failure("step \(number) (\(name)) did not hold: \(error)")
    }
  }
}
