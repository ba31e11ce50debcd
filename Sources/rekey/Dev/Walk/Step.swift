import Formats
import PasswordReset
import Transfer

/// What a step saw: shown to the person who reads, handed on to the next step.
struct Seen<Value> {
  let text: String
  let value: Value

  init(_ text: String, _ value: Value) {
    self.text = text
    self.value = value
  }
}

extension Seen where Value == Void {
  init(_ text: String) { self.init(text, ()) }
}

/// Something that did not hold.
struct Unmet: Error, CustomStringConvertible {
  let expected: String
  let seen: String

  var description: String { "expected \(expected), saw \(seen)" }
}

func expect(_ holds: Bool, _ expected: String, _ seen: @autoclosure () -> String) throws {
  if !holds { throw Unmet(expected: expected, seen: seen()) }
}

extension HTTPAnswer {
  /// Refuses any other status. Shows the code of a problem and never the body, which may hold a
  /// token.
  func expect(_ wanted: Int) throws {
    let code = json["code"]?.string.map { " \($0)" } ?? ""
    try rekey.expect(status == wanted, "\(wanted)", "\(status)\(code)")
  }

  /// Refuses any other problem.
  func expect(_ wanted: Int, _ code: String) throws {
    let seen = json["code"]?.string ?? "no code"
    try rekey.expect(status == wanted && seen == code, "\(wanted) \(code)", "\(status) \(seen)")
  }

  /// A member that must be there.
  func string(_ name: String) throws -> String {
    guard let text = json[name]?.string else {
      throw Unmet(expected: "\(name) in the answer", seen: "none")
    }
    return text
  }
}

/// Prints a line a step and counts those that held.
final class WalkReport {
  private(set) var held = 0
  private let print: (String) -> Void

  init(print: @escaping (String) -> Void = { Standard.output($0) }) { self.print = print }

  func title(_ text: String) { print(text) }

  func step<Value>(
    _ name: String, _ body: () async throws -> Seen<Value>
  ) async throws -> Value {
    let number = held + 1
    let label = String(repeating: " ", count: number < 10 ? 1 : 0) + "\(number). \(name): "
    do {
      let seen = try await body()
      print("  \(label)\(seen.text)")
      held = number
      return seen.value
    } catch {
      print("  \(label)FAILED, \(error)")
      throw CommandFailure(description: "step \(number) (\(name)) did not hold: \(error)")
    }
  }
}
