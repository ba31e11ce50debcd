import PasswordReset
import Testing
import Transfer

@testable import Mailing

struct SMTPOutcomeTests {
  private func reply(
    _ stage: SMTPFailure.Stage, _ code: Int, _ status: String? = nil
  ) -> SMTPFailure {
    SMTPFailure(stage: stage, replyCode: code, enhancedStatus: status, cause: "reply_\(code)")
  }

  @Test func `taken is delivered, and silence after the final dot is uncertain`() {
    #expect(DeliveryOutcome(.delivered(code: 250)) == .delivered)
    for cause in ["timeout", "connection_lost", "bad_reply", "cancelled", "stopped"] {
      let failure = SMTPFailure(stage: .message, cause: cause)
      #expect(DeliveryOutcome(.uncertain(failure)) == .uncertain(cause: "message_\(cause)"))
    }
  }

  @Test(arguments: [
    SMTPFailure.Stage.connect, .greeting, .ehlo, .starttls, .auth,
  ])
  func `whatever fails up to authentication is the transport's fault`(stage: SMTPFailure.Stage) {
    for failure in [
      reply(stage, 450), reply(stage, 535, "5.7.8"), reply(stage, 554), reply(stage, 550, "5.1.1"),
      SMTPFailure(stage: stage, cause: "timeout"), SMTPFailure(stage: stage, cause: "tls_verify"),
      SMTPFailure(stage: stage, cause: "password_file"), SMTPFailure(stage: stage, cause: "local"),
    ] {
      let expected = DeliveryOutcome.transient(cause: failure.shortCause, blame: .transport)
      #expect(DeliveryOutcome(.transient(failure)) == expected)
      #expect(DeliveryOutcome(.permanent(failure)) == expected)
    }
  }

  @Test(arguments: [SMTPFailure.Stage.mail, .rcpt, .data, .message])
  func `during the transaction the code tells whose fault it is`(stage: SMTPFailure.Stage) {
    for code in [421, 452, 530, 534, 535, 538] {
      let expected = DeliveryOutcome.transient(cause: "\(stage)_\(code)", blame: .transport)
      #expect(DeliveryOutcome(.transient(reply(stage, code))) == expected)
      #expect(DeliveryOutcome(.permanent(reply(stage, code))) == expected)
    }
    for code in [420, 422, 450, 451, 453, 454] {
      #expect(
        DeliveryOutcome(.transient(reply(stage, code)))
          == .transient(cause: "\(stage)_\(code)", blame: .message))
    }
    for cause in ["timeout", "connection_lost", "bad_reply", "reply_too_long"] {
      #expect(
        DeliveryOutcome(.transient(SMTPFailure(stage: stage, cause: cause)))
          == .transient(cause: "\(stage)_\(cause)", blame: .transport))
    }
  }

  @Test(arguments: ["cancelled", "stopped", "file_missing", "file_changed"])
  func `what this process gives up is not the transport's fault`(cause: String) {
    for stage in [SMTPFailure.Stage.connect, .rcpt, .message] {
      #expect(
        DeliveryOutcome(.transient(SMTPFailure(stage: stage, cause: cause)))
          == .transient(cause: "\(stage)_\(cause)", blame: .message))
    }
  }

  @Test func `a lost lease has one cause, wherever it is noticed`() {
    for stage in [SMTPFailure.Stage.connect, .mail, .message] {
      #expect(
        DeliveryOutcome(.transient(SMTPFailure(stage: stage, cause: "lease_lost")))
          == .transient(cause: "lease_lost", blame: .message))
    }
  }

  @Test(
    arguments: [
      (SMTPFailure.Stage.rcpt, 550, nil, true), (.rcpt, 551, nil, true), (.rcpt, 553, nil, true),
      (.rcpt, 552, nil, false), (.rcpt, 554, nil, false), (.rcpt, 549, nil, false),
      (.mail, 550, nil, false), (.data, 550, nil, false), (.message, 550, nil, false),
      (.rcpt, 550, "5.1.1", true), (.rcpt, 550, "5.1.2", true), (.rcpt, 550, "5.1.3", true),
      (.rcpt, 550, "5.1.6", true), (.rcpt, 550, "5.1.10", true), (.rcpt, 550, "5.2.1", true),
      (.rcpt, 554, "5.1.1", true), (.message, 550, "5.1.1", true), (.data, 554, "5.1.1", true),
      (.rcpt, 550, "5.1.4", false), (.rcpt, 550, "5.1.7", false), (.rcpt, 550, "5.1.8", false),
      (.rcpt, 550, "5.1.0", false), (.rcpt, 550, "5.1.11", false), (.rcpt, 552, "5.2.2", false),
      (.rcpt, 550, "5.7.1", false), (.rcpt, 550, "5.7.26", false), (.rcpt, 553, "5.7.1", false),
      (.mail, 553, "5.1.1", false), (.message, 554, "5.7.1", false),
    ] as [(SMTPFailure.Stage, Int, String?, Bool)])
  func `a refusal is the recipient's only where it says that there is no such mailbox`(
    stage: SMTPFailure.Stage, code: Int, status: String?, isRecipient: Bool
  ) {
    let failure = reply(stage, code, status)
    #expect(
      DeliveryOutcome(.permanent(failure))
        == .permanent(cause: failure.shortCause, isRecipient: isRecipient))
  }

  @Test(arguments: ["sender_refused", "recipient_refused", "message_refused"])
  func `what is refused before it is sent is no word about a mailbox`(cause: String) {
    #expect(
      DeliveryOutcome(.permanent(SMTPFailure(stage: .rcpt, cause: cause)))
        == .permanent(cause: "rcpt_\(cause)"))
  }

  @Test func `causes are short and hold nothing but letters, digits, underscores and dots`() {
    let odd = SMTPFailure(stage: .rcpt, cause: "\r\n<é@x>" + String(repeating: "x", count: 200))
    #expect(odd.shortCause == "rcpt_x" + String(repeating: "x", count: 94))
    #expect(SMTPFailure(stage: .auth, cause: "auth_failed").shortCause == "auth_failed")
    #expect(SMTPFailure(stage: .connect, cause: "dns").shortCause == "connect_dns")
  }
}
