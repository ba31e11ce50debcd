import ArgumentParser
import PasswordReset

/// Whose mails an address gets or does not get.
struct CallerChoice: ParsableArguments {
  @Option(help: "Only this main app's mails. Default: those of each in callers.file.")
  var caller: String?

  func validate() throws {
    guard caller.map(CallerKeys.isName) ?? true else {
      throw ValidationError("--caller takes a name, as rekey callers list shows it.")
    }
  }

  /// - Throws: where there is no callers file, or nobody in it.
  func names(_ settings: Settings) throws -> [String] {
    if let caller { return [caller] }
    let names = try Assembly.readCallerKeys(settings).callers
    guard !names.isEmpty else {
      throw CommandFailure(description: "there is no caller yet: give one with --caller")
    }
    return names
  }
}
