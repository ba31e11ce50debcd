internal import CCurl
internal import Formats

extension SMTPEndpoint {
  /// Why a connection cannot even be tried.
  enum Obstacle: Error {
    /// The system gives no handle.
    case local
    case passwordFile

    var failure: SMTPFailure {
      switch self {
      case .local: SMTPFailure(stage: .connect, cause: "local")
      case .passwordFile: SMTPFailure(stage: .auth, cause: "password_file")
      }
    }
  }

  /// Gives libcurl what it needs to authenticate, for one connection.
  func setLogin(_ easy: EasyHandle) throws(Obstacle) {
    guard let credentials else { return }
    let password: String
    if let passwordFile {
      guard let content = SMTPPasswordFile.read(passwordFile) else { throw .passwordFile }
      password = content
    } else {
      password = credentials.password
    }
    easy.set(CURLOPT_USERNAME, credentials.username)
    // libcurl would take a password for a token and a token for a password.
    let isToken = credentials.mechanism == .xoauth2
    easy.set(isToken ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD, password)
    switch credentials.mechanism {
    case nil: break
    case .plain: easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN")
    case .login: easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=LOGIN")
    case .xoauth2: easy.set(CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2")
    }
  }
}

/// A password or access token that stands in a file, so it can change while the program runs.
enum SMTPPasswordFile {
  static let limit = 16 * 1024

  /// The content without one line end after it; nil if that is empty, longer than 16 KiB, not
  /// UTF-8 or has a NUL, which separates the parts of a PLAIN message (RFC 4616).
  static func read(_ path: String) -> String? {
    guard var bytes = try? SmallFile.bytes(path, for: .anybody, atMost: limit) else { return nil }
    if bytes.last == 0x0a {
      bytes.removeLast()
      if bytes.last == 0x0d { bytes.removeLast() }
    }
    guard !bytes.isEmpty, !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
