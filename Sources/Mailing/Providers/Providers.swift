/// Every provider that there is. What the program knows of their URLs follows from this list: how
/// they are read, what messages say of them, and which of their parameters may be shown.
enum Providers {
  static let all: [any MailProvider.Type] = [
    SMTP.self, SendGrid.self, Mailgun.self, Postmark.self, Resend.self, AmazonSES.self,
    MailWebhook.self,
  ]

  /// The one whose URLs begin so.
  static func named(_ scheme: String) throws(MailingError) -> any MailProvider.Type {
    guard let provider = all.first(where: { $0.schemes.contains(scheme) }) else {
      throw unknownScheme
    }
    return provider
  }

  static var unknownScheme: MailingError {
    let starts = listed(TransportURL.schemes.map { "\($0)://" }, before: "or")
    return .transportURL(problem: "it must begin with \(starts)")
  }

  /// `a, b and c`, with that word before the last.
  static func listed(_ names: [String], before word: String) -> String {
    names.count < 2
      ? names.joined()
      : names.dropLast().joined(separator: ", ") + " \(word) " + names.suffix(1).joined()
  }
}

extension TransportURL {
  /// What a URL may begin with, without `://`.
  public static var schemes: [String] { Providers.all.flatMap { $0.schemes } }

  /// The parameters of all of them, none of whose values is secret.
  public static var optionNames: [String] {
    let names = Providers.all.flatMap { $0.options.map(\.name) }
    return Set(names).sorted()
  }
}
