internal import CCrypto

/// The public key of an X.509 certificate (RFC 5280) and the time it is for.
///
/// Nothing here says that the certificate's names are true: its issuer is not looked at.
public struct RSACertificate: Sendable, Hashable {
  private let subjectPublicKeyInfo: [UInt8]
  /// First and last second of its validity, since 1970-01-01T00:00:00Z.
  public let validity: ClosedRange<Int64>

  public enum Digest: Sendable {
    /// Broken for new signatures (SP 800-131A); for protocols that leave no choice.
    case sha1
    case sha256
  }

  /// - Throws: `.keyUnusable` for anything but one certificate in DER with an RSA key of 2048 to
  ///   8192 bits and a validity.
  public init(der bytes: [UInt8]) throws(CryptographyError) {
    let certificate = try X509.decode(bytes)
    guard let key = certificate.subjectPublicKeyInfo, let first = certificate.notBefore,
      let last = certificate.notAfter, first <= last
    else { throw ErrorQueue.drained(.keyUnusable) }
    guard try PublicKey.decode(key).isSoundRSA else { throw .keyUnusable }
    subjectPublicKeyInfo = key
    validity = first...last
  }

  /// Whether its key made the signature, RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), over the message. False
  /// too for bytes that are no signature.
  ///
  /// - Throws: `.internalFailure` if libcrypto has no memory, or does no such digest.
  public func accepts(
    _ signature: [UInt8], for message: [UInt8], _ digest: Digest
  ) throws(CryptographyError) -> Bool {
    let algorithm =
      switch digest {
      case .sha1: Algorithms.sha1
      case .sha256: Algorithms.sha256
      }
    return try PublicKey.decode(subjectPublicKeyInfo).accepts(signature, for: message, algorithm)
  }
}

/// One `X509`.
@safe private struct X509: ~Copyable {
  private let certificate: OpaquePointer

  private init(owning certificate: OpaquePointer) {
    unsafe self.certificate = unsafe certificate
  }

  deinit {
    unsafe X509_free(certificate)
  }

  static func decode(_ bytes: [UInt8]) throws(CryptographyError) -> X509 {
    ErrorQueue.clear()
    let decoded = unsafe bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
      var next = buffer.baseAddress
      guard let certificate = unsafe d2i_X509(nil, &next, buffer.count) else { return nil }
      guard unsafe next == buffer.baseAddress.map({ unsafe $0 + buffer.count }) else {
        unsafe X509_free(certificate)
        return nil
      }
      return unsafe certificate
    }
    guard let decoded = unsafe decoded else { throw ErrorQueue.drained(.keyUnusable) }
    return unsafe X509(owning: decoded)
  }

  var subjectPublicKeyInfo: [UInt8]? {
    guard let key = unsafe X509_get0_pubkey(certificate) else { return nil }
    let count = unsafe i2d_PUBKEY(key, nil)
    guard count > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      return unsafe i2d_PUBKEY(key, &next)
    }
    return written == count ? bytes : nil
  }

  var notBefore: Int64? { unsafe seconds(X509_get0_notBefore(certificate)) }
  var notAfter: Int64? { unsafe seconds(X509_get0_notAfter(certificate)) }

  /// Seconds since 1970; nil for what is no time.
  private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
    guard let epoch = unsafe ASN1_TIME_set(nil, 0) else { return nil }
    defer { unsafe ASN1_TIME_free(epoch) }
    var (days, rest): (Int32, Int32) = (0, 0)
    guard let time = unsafe time, unsafe ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else {
      return nil
    }
    // At most 9999 years of days.
    return Int64(days) * 86_400 + Int64(rest)
  }
}
