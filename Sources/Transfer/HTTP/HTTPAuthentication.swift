internal import CCurl
internal import Formats

/// Who asks. No description or mirror of it shows a name or a secret.
public enum HTTPAuthentication: Sendable, Hashable {
  /// RFC 7617. The user has no colon.
  case basic(user: String, password: String)
  /// AWS Signature Version 4, made by libcurl, over all headers of the call. `region` and
  /// `service` have 1 to 64 letters, digits and hyphens; no header may be empty, and no header's
  /// name may begin another's.
  case awsSigV4(
    accessKeyID: String, secret: String, region: String, service: String, sessionToken: String?)
}

extension HTTPAuthentication: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  public var description: String { "HTTPAuthentication(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPTransfer {
  private var isSigned: Bool {
    if case .awsSigV4 = authentication { true } else { false }
  }

  /// The lines for CURLOPT_HTTPHEADER.
  var headerLines: [String] {
    var lines: [String] = []
    if isSigned {
      // libcurl signs each line given here, also those that only take a header out.
      if let payloadSHA256 { lines.append("x-amz-content-sha256: \(payloadSHA256)") }
      if case .awsSigV4(_, _, _, _, let token?) = authentication {
        lines.append("x-amz-security-token: \(token)")
      }
    } else {
      // What libcurl adds by itself is taken out: a header without value does that.
      let names = headers.map { $0.name.asciiLowercased }
      let isBare = ["GET", "HEAD"].contains(method)
      let own = isBare ? ["Expect", "Accept"] : ["Expect", "Accept", "Content-Type"]
      lines = own.filter { !names.contains($0.asciiLowercased) }.map { $0 + ":" }
    }
    for header in headers {
      lines.append(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
    }
    return lines
  }

  /// - Throws: `.refused` with cause `authentication`, `header` or `payload_hash`.
  func checkAuthentication() throws(TransferError) {
    guard let authentication else { return }
    guard authentication.isWellFormed else {
      throw TransferError(.refused, cause: "authentication")
    }
    let names = headers.map { $0.name.asciiLowercased }
    let isTwice = names.contains("authorization")
    guard !isTwice, !isSigned || areSignable(names) else {
      throw TransferError(.refused, cause: "header")
    }
    guard !isSigned || isPayloadKnown else {
      throw TransferError(.refused, cause: "payload_hash")
    }
  }

  /// libcurl sorts whole lines instead of names, gives an empty header no colon, and takes a
  /// `Date` for the time of the signature.
  private func areSignable(_ names: [String]) -> Bool {
    let own = ["date", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
    let areOthers = names.allSatisfy { !own.contains($0) }
    let sorted = (names + own).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    let areApart = zip(sorted, sorted.dropFirst()).allSatisfy { !$1.starts(with: $0) }
    return areOthers && areApart && headers.allSatisfy { !$0.value.isEmpty }
  }

  private var isPayloadKnown: Bool {
    guard let payloadSHA256 else { return false }
    return payloadSHA256.utf8.count == 64
      && payloadSHA256.utf8.allSatisfy { $0.isHexDigit && $0 == $0.asciiLowercased }
  }
}

extension HTTPAuthentication {
  /// Whether every part can go where it belongs as it stands.
  var isWellFormed: Bool {
    switch self {
    case .basic(let user, let password):
      !user.utf8.contains(UInt8(ascii: ":"))
        && (user + password).utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    case .awsSigV4(let key, let secret, let region, let service, let token):
      [key, secret, token ?? "x"].allSatisfy { text in
        !text.isEmpty && text.utf8.allSatisfy { 0x21...0x7e ~= $0 }
      }
        && [region, service].allSatisfy { text in
          (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") }
        }
    }
  }
}

extension EasyHandle {
  func setAuthentication(_ authentication: HTTPAuthentication?) {
    switch authentication {
    case nil: break
    case .basic(let user, let password):
      // CURLAUTH_BASIC, which is also libcurl's default.
      set(CURLOPT_HTTPAUTH, 1)
      set(CURLOPT_USERNAME, user)
      set(CURLOPT_PASSWORD, password)
    case .awsSigV4(let key, let secret, let region, let service, _):
      // With more than 1 MiB libcurl asks leave by `Expect: 100-continue`, which cannot be taken
      // out without being signed; it need not wait for it, though.
      set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1)
      set(CURLOPT_AWS_SIGV4, "aws:amz:\(region):\(service)")
      set(CURLOPT_USERNAME, key)
      set(CURLOPT_PASSWORD, secret)
    }
  }
}
