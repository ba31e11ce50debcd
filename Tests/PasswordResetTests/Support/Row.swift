import PasswordReset
import Support

/// A request as a store would hand it out.
struct Row {
  var id = "019aa6b2-7c00-7123-8456-0123456789ab"
  var caller = "shop"
  var details: RequestDetails?
  var expiresAt = Timestamp.after(1800)
  var consumedAt: Timestamp?
  var consumerKey: KeyedHash?
  var revokedAt: Timestamp?
  var revokeReason: RevokeReason?
  var replacedAt: Timestamp?
  var sentAt: Timestamp?
  var readAt = Timestamp.after(60)

  func stored(in vault: Vault) throws -> StoredRequest {
    let id = try Sample.id(id)
    let sealed = try vault.seal(details ?? Sample.details(), for: id)
    return StoredRequest(
      id: id, sealed: sealed.bytes, kid: sealed.kid, caller: caller,
      addressKey: try vault.addressKey(Sample.address(), caller: caller), accountKey: nil,
      createdAt: Sample.moment, sentAt: sentAt, expiresAt: expiresAt, consumedAt: consumedAt,
      consumerKey: consumerKey, revokedAt: revokedAt, revokeReason: revokeReason,
      replacedAt: replacedAt, droppedAt: nil, isWithdrawn: false, readAt: readAt)
  }
}
