internal import Formats
internal import PasswordReset

/// What stands after the `?`. Every parameter once at most.
struct TransportOptions {
  private static let timeouts = WholeDuration(seconds: 1)...WholeDuration(seconds: 900)

  private var values: [TransportOption: String] = [:]

  init(query: ArraySlice<UInt8>?, for scheme: TransportScheme) throws(MailingError) {
    for pair in query?.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) ?? [] {
      let parts = pair.split(
        separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      let option = TransportOption(rawValue: String(decoding: parts[0], as: UTF8.self))
      guard let option, scheme.options.contains(option) else {
        throw .transportURL(problem: "a parameter is not one of \(Self.list(scheme.options))")
      }
      let name = option.rawValue
      guard values[option] == nil else {
        throw .transportURL(problem: "\(name) is given twice")
      }
      guard parts.count == 2, let value = PercentEncoding.decode(parts[1]), !value.isEmpty else {
        throw .transportURL(problem: "\(name) has no readable value")
      }
      if let problem = option.problem(with: value) {
        throw .transportURL(problem: "\(name) \(problem)")
      }
      values[option] = value
    }
  }

  subscript(option: TransportOption) -> String? { values[option] }

  /// Nil where the URL leaves it open.
  var wantsTLS: Bool? { values[.tls].map { $0 == "required" } }

  func timeout(or usual: WholeDuration) -> WholeDuration {
    values[.timeout].flatMap(Self.timeout) ?? usual
  }

  static func timeout(_ value: String) -> WholeDuration? {
    WholeDuration(value).flatMap { timeouts.contains($0) ? $0 : nil }
  }

  private static func list(_ options: [TransportOption]) -> String {
    let names = options.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}
