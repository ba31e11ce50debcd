internal import PasswordReset
internal import Transfer

/// Hands mail to an HTTP API.
struct HTTPMailTransport<Provider: HTTPProvider>: MailTransport {
  private let provider: Provider
  private let credentials: Provider.Credentials
  private let context: TransportContext

  init(_ provider: Provider, _ credentials: Provider.Credentials, _ context: TransportContext) {
    self.provider = provider
    self.credentials = credentials
    self.context = context
  }

  /// A call is one step, which its own timeout bounds.
  func deliver(
    _ mail: RenderedMail, under lease: any Lease, patience: Duration
  ) async -> DeliveryOutcome {
    guard context.smtpUTF8 || mail.from.address.isASCII && mail.to.isASCII else {
      return .permanent(cause: "address_not_ascii")
    }
    var call: HTTPTransfer
    do throws(CallProblem) {
      call = try await provider.call(for: mail, with: credentials)
    } catch { return error.outcome }
    call.mayReachPrivate = context.mayReachPrivate
    guard lease.isHeld else { return .leaseLost }
    do throws(TransferError) {
      return Provider.outcome(try await context.loop.perform(call), now: try? context.clock.now())
    } catch { return DeliveryOutcome(error) }
  }
}
