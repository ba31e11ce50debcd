import Formats
import PasswordReset

extension JSONObject {
  /// 400 for a member that is none of these.
  func allowOnly(_ names: Set<String>) throws(Problem) {
    for member in members where !names.contains(member.key) {
      throw .badRequest("The body has a field that is not known here.")
    }
  }

  /// A string that has to be there.
  func string(_ name: String) throws(Problem) -> String {
    guard let text = self[name]?.string else {
      throw .badRequest("The field \"\(name)\" must be a string.")
    }
    return text
  }

  /// A string that may be absent or null.
  func optionalString(_ name: String) throws(Problem) -> String? {
    switch self[name] {
    case nil, .some(.null): nil
    case .some: try string(name)
    }
  }

  /// An object that may be absent or null.
  func optionalObject(_ name: String) throws(Problem) -> JSONObject? {
    switch self[name] {
    case nil, .some(.null): return nil
    case .some(let value):
      guard let object = value.object else {
        throw .badRequest("The field \"\(name)\" must be an object.")
      }
      return object
    }
  }
}
