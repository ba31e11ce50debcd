import DemoApp
import MailSink
import ServiceLifecycle

/// What the SMTP server has received, for the mailbox page.
struct DevMailbox: MailboxSource {
  let sink: MailSink

  func list() async -> [MailboxMail] { sink.mails.map(MailboxMail.init) }

  func mail(_ id: Int) async -> MailboxMail? {
    sink.mails.first { $0.id == id }.map(MailboxMail.init)
  }
}

extension MailboxMail {
  fileprivate init(_ mail: ReceivedMail) {
    self.init(
      id: mail.id, from: mail.from, to: mail.recipients.map(\.address), subject: mail.subject,
      receivedAt: mail.receivedAt, text: mail.text, html: mail.html, source: mail.source)
  }
}

/// The SMTP server for as long as the others run.
struct SinkService: Service {
  let sink: MailSink

  func run() async throws {
    try await sink.start()
    try? await gracefulShutdown()
    await sink.stop()
  }
}
