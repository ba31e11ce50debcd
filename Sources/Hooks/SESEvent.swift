internal import Formats
internal import PasswordReset

/// What SES publishes, both as identity notifications (`notificationType`) and as events of a
/// configuration set (`eventType`).
struct SESEvent {
  /// SES sends this to a new event destination, as the only text that is no JSON.
  private static let greeting = "Successfully validated SNS topic"

  private let message: SNSMessage
  private let event: JSONObject

  init?(_ message: SNSMessage) {
    self.message = message
    if let event = ProviderJSON.parse(Array(message.text.utf8))?.object {
      self.event = event
    } else if message.text.utf8.starts(with: Self.greeting.utf8) {
      event = [:]
    } else {
      return nil
    }
  }

  func reports(_ addresses: EmailAddress.Policy) -> [ProviderReport] {
    switch (event["eventType"] ?? event["notificationType"])?.string {
    case "Bounce"?: bounces(addresses)
    case "Complaint"?: complaints(addresses)
    default: []
    }
  }

  private func bounces(_ addresses: EmailAddress.Policy) -> [ProviderReport] {
    guard let bounce = event["bounce"]?.object, bounce.has("bounceType", in: ["permanent"]) else {
      return []
    }
    return reports(.bounce, bounce, bounce["bouncedRecipients"], addresses)
  }

  private func complaints(_ addresses: EmailAddress.Policy) -> [ProviderReport] {
    guard let complaint = event["complaint"]?.object,
      !complaint.has("complaintFeedbackType", in: ["not-spam"])
    else { return [] }
    // An earlier complaint has kept SES from sending; nobody has complained of this mail.
    let isOld = complaint.has("complaintSubType", in: ["onaccountsuppressionlist"])
    return reports(
      isOld ? .bounce : .complaint, complaint, complaint["complainedRecipients"], addresses)
  }

  private func reports(
    _ kind: ProviderReport.Kind, _ feedback: JSONObject, _ recipients: JSON?,
    _ addresses: EmailAddress.Policy
  ) -> [ProviderReport] {
    let request = event["mail"]?.object?["tags"]?.object?.request()
    // The same feedback can come by two topics.
    let id = feedback["feedbackId"]?.string ?? message.id
    return (recipients?.array ?? []).enumerated().compactMap { index, recipient in
      guard let address = recipient.object?.address("emailAddress", addresses) else { return nil }
      return ProviderReport(kind: kind, address: address, requestID: request, id: "\(id) \(index)")
    }
  }
}
