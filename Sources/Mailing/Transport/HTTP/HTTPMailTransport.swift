internal import PasswordReset
internal import Transfer

/// Hands mail to an HTTP API.
struct HTTPMailTransport: MailTransport {
  typealias Perform = @Sendable (HTTPTransfer) async throws(TransferError) -> HTTPAnswer

  private let api: any MailAPI
  private let smtpUTF8: Bool
  private let clock: any DatabaseClock
  private let perform: Perform

  init(
    _ api: any MailAPI, smtpUTF8: Bool, clock: any DatabaseClock, perform: @escaping Perform
  ) {
    self.api = api
    self.smtpUTF8 = smtpUTF8
    self.clock = clock
    self.perform = perform
  }

  /// A call is one step, which its own timeout bounds.
  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    guard smtpUTF8 || mail.from.address.isASCII && mail.to.isASCII else {
      return .permanent(cause: "address_not_ascii")
    }
    let call: HTTPTransfer
    do throws(CallProblem) { call = try await api.call(for: mail) } catch { return error.outcome }
    guard lease.isHeld else { return .leaseLost }
    do throws(TransferError) {
      return type(of: api).outcome(try await perform(call), now: try? clock.now())
    } catch { return DeliveryOutcome(error) }
  }
}
