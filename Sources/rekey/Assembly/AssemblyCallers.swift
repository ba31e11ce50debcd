import PasswordReset

extension CallerBook {
  init(_ settings: Settings) throws(ConfigurationProblem) {
    var own: [String: CallerSettings] = [:]
    for (name, choices) in settings.own { own[name] = try CallerSettings(choices, settings) }
    self.init(common: try CallerSettings(settings.common, settings), own: own)
  }
}

extension CallerSettings {
  fileprivate init(_ choices: CallerChoices, _ settings: Settings) throws(ConfigurationProblem) {
    let continueURL = try settings.require(choices.continueURL, ConfigurationKey.continueURL)
    let mailFrom = try settings.require(choices.mailFrom, ConfigurationKey.mailFrom)
    self.init(
      continueURL: continueURL, addressLimits: choices.addressLimits,
      clientLimits: choices.clientLimits, directory: choices.directory.mode, mailFrom: mailFrom,
      brand: choices.brand ?? mailFrom.name ?? mailFrom.address.domain,
      noAccountLimits: choices.noAccountLimits,
      wantsEvents: choices.events != nil)
  }
}
