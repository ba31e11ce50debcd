internal import Cryptography
internal import Formats
internal import PasswordReset

/// Gets what a URL names.
public protocol HookFetcher: Sendable {
  /// The body of a 200 answer to a GET over verified TLS, without following redirections; nil for
  /// everything else. Ends within seconds, and takes 64 KiB at most.
  func get(_ url: String) async -> [UInt8]?
}

/// The certificates that SNS signs with. One that was fetched by verified TLS from SNS's own host
/// is trusted by its origin: its chain is not walked a second time.
actor SNSCertificates {
  /// SNS has a few at a time; each has its own URL, whose content never changes.
  private static let capacity = 8
  /// Anybody can name a URL at SNS's host; more fetches than these are not begun.
  private static let concurrency = 4

  private let fetcher: any HookFetcher
  private var kept: [(url: String, certificate: RSACertificate)] = []
  private var fetches: [String: Task<RSACertificate?, Never>] = [:]

  init(fetcher: any HookFetcher) { self.fetcher = fetcher }

  /// - Parameter url: has been judged.
  func certificate(at url: String) async throws(HookRefusal) -> RSACertificate {
    if let known = kept.first(where: { $0.url == url }) { return known.certificate }
    let found = if let begun = fetches[url] { await begun.value } else { try await fetch(url) }
    guard let found else { throw .unavailable }
    return found
  }

  private func fetch(_ url: String) async throws(HookRefusal) -> RSACertificate? {
    guard fetches.count < Self.concurrency else { throw .unavailable }
    let task = Task { [fetcher] in await Self.fetch(url, by: fetcher) }
    fetches[url] = task
    let certificate = await task.value
    fetches[url] = nil
    if let certificate { kept = kept.suffix(Self.capacity - 1) + [(url, certificate)] }
    return certificate
  }

  private static func fetch(_ url: String, by fetcher: any HookFetcher) async -> RSACertificate? {
    guard let bytes = await fetcher.get(url),
      let block = PEM.blocks("CERTIFICATE", in: String(decoding: bytes, as: UTF8.self))?.first
    else { return nil }
    return try? RSACertificate(der: block)
  }
}
