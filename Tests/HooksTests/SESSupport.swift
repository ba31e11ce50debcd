import Formats
import Hooks
import PasswordReset
import Support
import Testing

/// A topic of SNS with a key of its own.
struct HooksTopic {
  static let arn = "arn:aws:sns:us-east-1:123456789012:bounces"
  static let url = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b.pem"
  static let year: ClosedRange<Int64> = 1_767_225_600...1_798_761_600
  private static let signer = Result { try HooksSigner(.rsa) }

  private let signer: HooksSigner

  init() throws { signer = try Self.signer.get() }

  func certificate(_ validity: ClosedRange<Int64> = Self.year) throws -> String {
    HooksSample.pem("CERTIFICATE", try signer.certificate(validity))
  }

  /// A hook whose web has the topic's certificate, and whatever else.
  func hook(
    _ web: HooksWeb? = nil, topics: String = Self.arn, pinned: String? = nil
  ) throws -> SESHook {
    let found = try web ?? HooksWeb([Self.url: Array(certificate().utf8)])
    return try SESHook(
      topics: topics, certificateFile: pinned, fetcher: found, addresses: Sample.policy)
  }

  /// What SNS sends, before and after its members are changed and its signature is made.
  static func members(_ type: String, _ text: String) -> [String: String] {
    var members = [
      "Type": type, "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": arn,
      "Message": text, "Timestamp": "2026-11-21T09:30:00.000Z", "SigningCertURL": url,
    ]
    if type == "Notification" {
      members["UnsubscribeURL"] = "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe"
    } else {
      members["Token"] = "2336412f37"
      members["SubscribeURL"] =
        "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=\(arn)&Token=2336"
    }
    return members
  }

  func signed(_ members: [String: String], version: String = "2") throws -> [String: String] {
    let names =
      members["Type"] == "Notification"
      ? ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
      : ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    let text = names.compactMap { name in members[name].map { "\(name)\n\($0)\n" } }.joined()
    let signature = try signer.sign(Array(text.utf8), sha1: version == "1")
    return members.merging(
      ["Signature": Base64.encode(signature), "SignatureVersion": version]) { $1 }
  }

  static func body(_ members: [String: String]) -> String {
    JSON.object(JSONObject(members.map { ($0.key, .string($0.value)) })).serialized()
  }

  func call(
    _ type: String = "Notification", _ text: String = "{}", version: String = "2",
    at now: Timestamp = Sample.moment, _ change: (inout [String: String]) -> Void = { _ in }
  ) throws -> HookCall {
    var members = Self.members(type, text)
    change(&members)
    return HooksSample.call(Self.body(try signed(members, version: version)), at: now)
  }
}
