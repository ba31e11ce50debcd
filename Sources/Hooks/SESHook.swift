internal import Cryptography
internal import Formats
public import PasswordReset

/// Amazon SES by way of SNS: one message a call, signed with RSA over some of its members.
public struct SESHook: ProviderHook {
  public static let name = "ses"
  public static let challenge = "Signature"

  private let topics: Set<[UInt8]>
  private let pinned: [RSACertificate]
  private let certificates: SNSCertificates
  private let fetcher: any HookFetcher
  private let addresses: EmailAddress.Policy

  /// - Parameters:
  ///   - topics: ARNs of the topics that count, separated by spaces. Anybody can let SNS sign
  ///     messages of a topic of his own.
  ///   - certificateFile: the PEM of the certificates that count, any of them, instead of fetching.
  public init(
    topics: String, certificateFile: String? = nil, fetcher: any HookFetcher,
    addresses: EmailAddress.Policy
  ) throws(HookProblem) {
    let names = topics.utf8.split { [0x20, 0x09, 0x0a, 0x0d].contains($0) }.map { Array($0) }
    guard !names.isEmpty else { throw .empty }
    for (index, name) in names.enumerated() where !Self.isTopic(name) {
      throw .topic(number: index + 1)
    }
    self.topics = Set(names)
    pinned = try certificateFile.map(Self.certificates) ?? []
    certificates = SNSCertificates(fetcher: fetcher)
    self.fetcher = fetcher
    self.addresses = addresses
  }

  /// `arn:<partition>:sns:<region>:<account>:<name>`.
  private static func isTopic(_ name: [UInt8]) -> Bool {
    let parts = name.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return parts.count == 6 && name.count <= 512 && parts[0].elementsEqual("arn".utf8)
      && parts[1].starts(with: "aws".utf8) && parts[2].elementsEqual("sns".utf8)
      && parts.allSatisfy { !$0.isEmpty } && name.allSatisfy { (0x21...0x7e).contains($0) }
  }

  private static func certificates(_ file: String) throws(HookProblem) -> [RSACertificate] {
    guard let blocks = PEM.blocks("CERTIFICATE", in: file) else { throw .certificate(number: 1) }
    guard !blocks.isEmpty else { throw .empty }
    var certificates: [RSACertificate] = []
    for (index, block) in blocks.enumerated() {
      guard let certificate = try? RSACertificate(der: block) else {
        throw .certificate(number: index + 1)
      }
      certificates.append(certificate)
    }
    return certificates
  }

  public func admit(_ headers: HookHeaders, at now: Timestamp) throws(HookRefusal) {}

  public func delivery(_ call: HookCall) async throws(HookRefusal) -> ProviderDelivery {
    // Before a certificate is fetched the message has to look like one of ours, and of today.
    guard let object = ProviderJSON.parse(call.body)?.object, let message = SNSMessage(object),
      topics.contains(Array(message.topic.utf8)), message.moment.isFresh(at: call.now),
      try await isSigned(message, at: call.now)
    else { throw .unauthenticated }
    return ProviderDelivery(
      provider: Self.name, id: Array(message.id.utf8), reports: try await reports(message))
  }

  private func isSigned(
    _ message: SNSMessage, at now: Timestamp
  ) async throws(HookRefusal) -> Bool {
    var candidates = pinned
    if pinned.isEmpty {
      guard SNSURL.isCertificate(message.certificateURL) else { return false }
      candidates = [try await certificates.certificate(at: message.certificateURL)]
    }
    let seconds = now.microseconds / 1_000_000
    do throws(CryptographyError) {
      for certificate in candidates where certificate.validity.contains(seconds) {
        if try certificate.accepts(message.signature, for: message.signed, message.digest) {
          return true
        }
      }
      return false
    } catch { throw .unavailable }
  }

  private func reports(_ message: SNSMessage) async throws(HookRefusal) -> [ProviderReport] {
    switch message.kind {
    case .notification:
      guard let event = SESEvent(message) else { throw .unreadable }
      return event.reports(addresses)
    case .subscription(let url):
      guard SNSURL.isSubscription(url) else { throw .unreadable }
      guard await fetcher.get(url) != nil else { throw .unavailable }
      return []
    case .unsubscription: return []
    }
  }
}
