import Formats
import PasswordReset
import Templates

/// What pages may say.
enum PageSchema {
  /// Of each language, without `.mustache`. Only `moment` may be missing, where no page names it.
  static let files = [
    "layout", "moment", "dead", "unknown", "on_its_way", "limited", "problem",
  ]

  static let dead = page(
    TemplateNames(
      optional: ["token", "brand"], choices: [["used", "expired", "replaced", "revoked"]],
      inside: ["used": moment, "replaced": moment, "revoked": revocation]),
    partials: ["moment"])
  static let limited = page(TemplateNames(values: ["minutes"], flags: ["one"]))
  static let problem = page(TemplateNames(flags: ["unavailable"]))
  static let plain = page(TemplateNames())

  static let months = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
  ]

  private static let moment = TemplateNames(
    values: ["day", "year", "time"], choices: [months])
  private static let revocation = TemplateNames(
    values: moment.values,
    choices: moment.choices + [["another_used", "withdrawn", "password_changed"]])

  private static func page(_ names: TemplateNames, partials: [String] = []) -> TemplateSchema {
    TemplateSchema(.html, names, partials: partials, layout: "layout")
  }
}

/// What the page of a dead link says.
enum PageValues {
  /// Nil for a token that was not made here.
  static func dead(_ refusal: TokenRefusal, token: String?, brand: String?) -> TemplateValues? {
    var values = TemplateValues()
    values["token"] = token.map { .text($0) }
    values["brand"] = brand.map { .text($0) }
    switch refusal {
    case .invalid: return nil
    case .used(let at): values["used"] = .section(moment(at))
    case .revoked(let at, let reason):
      var revoked = moment(at)
      revoked[name(of: reason)] = .flag(true)
      values["revoked"] = .section(revoked)
    case .replaced(let at): values["replaced"] = .section(moment(at))
    case .expired: values["expired"] = .flag(true)
    }
    return values
  }

  private static func name(of reason: RevokeReason) -> String {
    switch reason {
    case .siblingConsumed: "another_used"
    case .invalidated: "withdrawn"
    case .completed: "password_changed"
    }
  }

  /// In UTC, to the minute. The words for it are those of the language.
  private static func moment(_ moment: Timestamp) -> TemplateValues {
    let date = moment.civilDate
    let time = [moment.secondsOfDay / 3600, moment.secondsOfDay / 60 % 60]
      .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    return TemplateValues([
      "day": .text(String(date.day)), "year": .text(String(date.year)), "time": .text(time),
      PageSchema.months[Int(date.month - 1)]: .flag(true),
    ])
  }
}
