import Cryptography
import Formats
import Hooks
import PasswordReset
import Storage
import Transfer
import Web

extension Assembly {
  /// Those that configuration has keys for.
  func hooks(_ reader: any RequestReader) throws(ConfigurationProblem) -> ProviderHooks {
    let (files, addresses) = (settings.hooks, settings.addresses)
    let take = TakeProviderReports(
      store: suppressions, reader: reader, suppressor: suppressor, vault: vault,
      callers: { [callerKeys] in callerKeys.value.callers }, subscribers: subscribers)
    let hooks: [(any ProviderHook)?] = [
      try Self.hook(files.sendGrid, ConfigurationKey.hooksSendGridKeyFile) {
        text throws(HookProblem) in try SendGridHook(file: text, addresses: addresses)
      },
      try Self.hook(files.mailgun, ConfigurationKey.hooksMailgunKeyFile) {
        text throws(HookProblem) in try MailgunHook(file: text, addresses: addresses)
      },
      try Self.hook(files.postmark, ConfigurationKey.hooksPostmarkKeyFile) {
        text throws(HookProblem) in try PostmarkHook(file: text, addresses: addresses)
      },
      try sesHook(),
    ]
    return ProviderHooks(hooks.compactMap(\.self), take: take, clock: database.time)
  }

  private static func hook<Hook>(
    _ path: String?, _ key: ConfigurationKey, _ make: (String) throws(HookProblem) -> Hook
  ) throws(ConfigurationProblem) -> Hook? {
    guard let path else { return nil }
    let text = try KeyFile.read(path, key)
    do { return try make(text) } catch {
      throw ConfigurationProblem("\(key.name): \(path): \(error)")
    }
  }

  private func sesHook() throws(ConfigurationProblem) -> SESHook? {
    let files = settings.hooks
    guard let topics = files.sesTopics else { return nil }
    // A certificate is no secret.
    let certificate = try files.sesCertificate.map { path throws(ConfigurationProblem) in
      do { return try SmallFile.text(path, for: .anybody, atMost: 64 * 1024) } catch {
        throw ConfigurationProblem("hooks.ses_certificate_file: \(path) \(error)")
      }
    }
    do {
      return try SESHook(
        topics: topics, certificateFile: certificate, fetcher: LoopFetcher(loop: loop),
        addresses: settings.addresses)
    } catch { throw ConfigurationProblem("hooks.ses_topics: \(error)") }
  }

  var suppressor: Suppressor {
    Suppressor(
      vault: vault, lifetime: settings.suppressionLifetime, clock: database.time,
      random: Self.random)
  }

  var subscribers: @Sendable () -> EventSubscribers {
    { [callers] in callers.value.eventSubscribers }
  }

  /// Enough for one id.
  static let random: @Sendable () throws(ResetError) -> [UInt8] = { () throws(ResetError) in
    do { return try SecureRandom.bytes(10) } catch { throw .cryptography }
  }
}

/// Gets what SNS points to.
private struct LoopFetcher: HookFetcher {
  let loop: TransferLoop

  func get(_ url: String) async -> [UInt8]? {
    let call = HTTPTransfer(method: "GET", url: url, timeout: .seconds(5))
    guard let answer = try? await loop.perform(call), answer.status == 200 else { return nil }
    return answer.body
  }
}
