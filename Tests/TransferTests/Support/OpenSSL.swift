import Glibc
import Testing

/// A certificate for 127.0.0.1 that nobody trusts, in a directory that goes with it.
final class Certificate: Sendable {
  let directory: String
  var file: String { directory + "/certificate.pem" }
  var key: String { directory + "/key.pem" }

  /// `host` stands in the certificate as the only name.
  init(host: String = "IP:127.0.0.1") throws {
    var template = Array("\(P_tmpdir)/transfer-tests-XXXXXX".utf8CString)
    directory = try #require(mkdtemp(&template).map { String(cString: $0) })
    let request = try Child([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=\(host)", "-keyout", key,
      "-out", file,
    ])
    request.wait()
  }

  deinit {
    for path in [file, key] { unlink(path) }
    rmdir(directory)
  }
}

/// A process whose input and output are the other end of `socket`; ended with its owner.
final class Child: Sendable {
  let pid: pid_t
  let socket: Int32

  init(_ arguments: [String]) throws {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var pid: pid_t = 0
    let argv = arguments.map { strdup($0) } + [nil]
    defer { for argument in argv { free(argument) } }
    let status = posix_spawnp(&pid, arguments[0], &actions, nil, argv, environ)
    close(ends[1])
    try #require(status == 0)
    self.pid = pid
    socket = ends[0]
  }

  func wait() {
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  deinit {
    // Threads of the cooperative pool block signals, and a child inherits that.
    kill(pid, SIGKILL)
    wait()
    close(socket)
  }
}

/// `openssl s_server`: TLS on the outside, a script on the inside.
final class TLSServer: Sendable {
  let port: UInt16
  private let child: Child

  init(_ certificate: Certificate, _ options: [String] = []) throws {
    signal(SIGPIPE, SIG_IGN)
    child = try Child(
      [
        "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "20", "-cert",
        certificate.file, "-key", certificate.key,
      ] + options)
    // It names its port in the line `ACCEPT 127.0.0.1:port`.
    let peer = Peer(input: child.socket, output: child.socket, number: 0)
    var port: UInt16?
    while port == nil, let line = peer.readLine() {
      guard line.hasPrefix("ACCEPT") else { continue }
      port = line.dropLast().split(separator: ":").last.flatMap { UInt16($0) }
    }
    self.port = try #require(port)
  }

  /// Has `script` answer the first client, with a greeting if that begins with TLS.
  func serve(_ script: SMTPScript, greets: Bool) {
    let end = fcntl(child.socket, F_DUPFD_CLOEXEC, 0)
    startThread {
      let peer = Peer(input: end, output: end, number: 0)
      defer { close(end) }
      // The last line that the server itself prints about a new connection.
      while let line = peer.readLine(), !line.hasPrefix("Secure Renegotiation") {}
      if greets {
        script.serve(peer)
      } else {
        script.converse(peer, until: "QUIT")
      }
    }
  }
}

/// Copies between the rest of `peer` and a new connection to `port` until either ends.
func relay(_ peer: Peer, to port: UInt16) {
  let server = makeSocket()
  defer { close(server) }
  var address = loopback(port: port)
  let status = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard status == 0 else { return }
  while true {
    var ready = [
      pollfd(fd: peer.input, events: Int16(POLLIN), revents: 0),
      pollfd(fd: server, events: Int16(POLLIN), revents: 0),
    ]
    guard poll(&ready, 2, -1) > 0 else { return }
    if ready[0].revents != 0, !copy(from: peer.input, to: server) { return }
    if ready[1].revents != 0, !copy(from: server, to: peer.output) { return }
  }
}

private func copy(from source: Int32, to target: Int32) -> Bool {
  var piece = [UInt8](repeating: 0, count: 16_384)
  let count = read(source, &piece, piece.count)
  return count > 0 && write(target, piece, count) == count
}
