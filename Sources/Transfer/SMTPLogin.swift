internal import CCurl

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
