internal import Formats
internal import PasswordReset

/// A parameter of transport URLs. Its value is never secret: it may be shown.
struct ProviderOption: Sendable {
  /// What a value must be.
  enum Value: Sendable {
    /// The path of a file.
    case file
    /// One of these words.
    case word([String])
    /// A time from 1 s to 15 min.
    case timeout
    /// Letters, digits and these signs, so many octets at most. `what` says so in messages, behind
    /// the name.
    case text(signs: String, limit: Int, what: String)
  }

  let name: String
  private let value: Value

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// A sentence without its subject; nil if this value is one.
  func problem(with text: String) -> String? {
    switch value {
    case .file: nil
    case .word(let words):
      words.contains(text) ? nil : "is " + Providers.listed(words, before: "or")
    case .timeout:
      WholeDuration(text).map((WholeDuration(seconds: 1)...WholeDuration(seconds: 900)).contains)
        == true ? nil : "is a time from 1s to 15m"
    case .text(let signs, let limit, let what):
      text.utf8.count <= limit
        && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || signs.utf8.contains($0) }
        ? nil : what
    }
  }
}

extension ProviderOption {
  static let tls = ProviderOption("tls", .word(["none", "required"]))
  static let ca = ProviderOption("ca", .file)
  static let timeout = ProviderOption("timeout", .timeout)
  /// In place of the key.
  static let keyFile = ProviderOption("key_file", .file)
}

extension [ProviderOption] {
  /// What every HTTP API takes.
  static let ofAPIs: [ProviderOption] = [.ca, .timeout, .tls]
}

extension ProviderOption.Value {
  /// A name that a provider's customer has given.
  static let givenName = Self.text(
    signs: "-_", limit: 64, what: "has 1 to 64 letters, digits, hyphens and underscores")
}
