import Formats
import Foundation
import Glibc
import PasswordReset
import Testing

@testable import rekey

@Suite struct DevTests {
  // MARK: Ports

  @Test func `free ports are five different ones`() throws {
    let ports = try DevPorts(base: 0)
    let all = [ports.people, ports.programs, ports.app, ports.mailbox, ports.smtp]
    #expect(Set(all).count == 5 && all.allSatisfy { (1...65535).contains($0) })
  }

  @Test func `a base is the first of five in a row`() throws {
    // Somebody else may have one of them by now, so a few places are tried.
    var found: (Int, DevPorts)?
    for _ in 0..<50 where found == nil {
      let base = try DevPorts(base: 0).people
      if base <= 65531 { found = (try? DevPorts(base: base)).map { (base, $0) } }
    }
    let (base, ports) = try #require(found)
    let row = [ports.people, ports.programs, ports.app, ports.mailbox, ports.smtp]
    let wanted: [Int] = Array(base..<(base + 5))
    #expect(row == wanted)
  }

  @Test func `a port that is taken is named with what it is for`() throws {
    let taken = try TakenPort()
    #expect { _ = try DevPorts(base: taken.port) } throws: {
      "\($0)"
        == "port \(taken.port) for the public listener is taken; choose others with --port-base"
    }
  }

  @Test func `beyond the last port there is none`() {
    #expect { _ = try DevPorts(base: 65536) } throws: { "\($0)".contains("port 65536 for the ") }
  }

  // MARK: Directory

  @Test func `a directory has one user at a time`() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a/dev"
    do {
      let directory = try DevDirectory.open(path)
      #expect(directory.path == path && !directory.isTemporary)
      #expect { _ = try DevDirectory.open(path) } throws: {
        "\($0)" == "\(path)/lock is held: rekey dev runs there already (pid \(getpid()))"
      }
      directory.close()
      #expect(Folder.mode(of: path) == (geteuid() == 0 ? 0o711 : 0o700))
      #expect(Folder.mode(of: "\(path)/lock") == 0o600)
    }
    _ = try DevDirectory.open(path)
  }

  @Test func `a directory for one run goes with it`() throws {
    let directory = try DevDirectory.temporary()
    #expect(directory.isTemporary && access(directory.path, F_OK) == 0)
    directory.close()
    #expect(access(directory.path, F_OK) != 0)
  }

  @Test func `a reset removes what dev has made and nothing else`() async throws {
    let folder = try Folder()
    let directory = try DevDirectory.open(folder.path)
    for file in DevDirectory.File.allCases { _ = try folder.write("x", to: file.rawValue) }
    _ = try folder.write("x", to: "mine")
    try await directory.reset()
    #expect(folder.names == ["lock", "mine"])
  }

  @Test(arguments: DevDirectory.File.allCases.map(\.rawValue) + ["postgres", "lock"])
  func `a directory in which somebody else has made one of its names is refused`(
    name: String
  ) throws {
    let folder = try Folder()
    _ = try folder.write("mine", to: name)
    #expect { _ = try DevDirectory.open(folder.path) } throws: {
      "\($0)".hasPrefix("\(folder.path)/\(name) was not made by rekey dev; ")
    }
    #expect(folder.names == [name])
    #expect(Folder.text(of: "\(folder.path)/\(name)") == "mine")
  }

  @Test func `one's own directory is opened again with what is in it`() throws {
    let folder = try Folder()
    do { _ = try DevDirectory.open(folder.path) }
    for file in DevDirectory.File.allCases { _ = try folder.write("x", to: file.rawValue) }
    _ = try DevDirectory.open(folder.path)
  }

  @Test func `a ready file is for a folder that is there`() throws {
    let folder = try Folder()
    let path = try folder.write("old", to: "ready.json")
    try ReadyFile.clear(path)
    try ReadyFile.clear(path)
    #expect(folder.names.isEmpty)
    for wrong in ["\(folder.path)/no/ready.json", folder.path] {
      #expect { try ReadyFile.clear(wrong) } throws: {
        "\($0)".hasPrefix("--ready-file \(wrong)")
      }
    }
  }

  @Test func `a lock is not opened through a link`() throws {
    let folder = try Folder()
    let mine = try folder.write("mine", to: "mine")
    #expect(symlink(mine, "\(folder.path)/lock") == 0)
    #expect(throws: CommandFailure.self) { try DirectoryLock("\(folder.path)/lock") }
    #expect(Folder.text(of: mine) == "mine")
  }

  // MARK: Keys

  @Test func `keys are made once and kept, closed to others`() throws {
    let folder = try Folder()
    let directory = try DevDirectory.open(folder.path)
    let key = try DevKeys.prepare(in: directory)
    let keyring = Folder.text(of: directory.file(.keyring))
    #expect(try DevKeys.prepare(in: directory) == key)
    #expect(Folder.text(of: directory.file(.keyring)) == keyring)
    for file in [DevDirectory.File.keyring, .callers, .callerKey] {
      #expect(Folder.mode(of: directory.file(file)) == 0o600)
    }
    let callers = try #require(Folder.text(of: directory.file(.callers)))
    #expect(!callers.contains(key))
    #expect(try CallerKeys(file: callers).name(of: key) == "demo")
  }

  @Test func `a lost key is made anew, and other callers stay`() throws {
    let folder = try Folder()
    let directory = try DevDirectory.open(folder.path)
    let other = "other \(String(repeating: "1", count: 64)) d\n"
    _ = try folder.write(other, to: "callers")
    let first = try DevKeys.prepare(in: directory)
    unlink(directory.file(.callerKey))
    let second = try DevKeys.prepare(in: directory)
    let callers = try CallerKeys(file: try #require(Folder.text(of: directory.file(.callers))))
    #expect(callers.name(of: first) == nil && callers.name(of: second) == "demo")
    #expect(callers.entries.map(\.name) == ["other", "demo"])
  }

  // MARK: Place

  @Test func `the place says where everything is`() throws {
    let ports = try DevPorts(base: 0)
    let place = DevPlace(ports: ports, callerKey: "rekey_x", databaseURL: "postgresql://h/d")
    let json = try #require(try JSON(parsing: place.json.utf8).object)
    let keys = "app mailbox public internal smtp_port caller_key database_url pid"
    #expect(json.members.map(\.key) == keys.split(separator: " ").map(String.init))
    #expect(json["public"] == .string("http://127.0.0.1:\(ports.people)"))
    #expect(json["internal"] == .string("http://127.0.0.1:\(ports.programs)"))
    #expect(json["smtp_port"] == .integer(ports.smtp) && json["pid"] == .integer(getpid()))
  }

  @Test func `its settings are those of everywhere, on this machine`() throws {
    let folder = try Folder()
    let directory = try DevDirectory.open(folder.path)
    let ports = try DevPorts(base: 0)
    let place = DevPlace(ports: ports, callerKey: "rekey_x", databaseURL: "postgresql://h/d")
    let settings = try place.settings(in: directory)
    #expect(settings.listenPublic == HostPort("127.0.0.1:\(ports.people)"))
    #expect(settings.listenInternal == HostPort("127.0.0.1:\(ports.programs)"))
    #expect(settings.publicURL?.text == place.people)
    #expect(settings.keyringFile == directory.file(.keyring))
    #expect("\(settings.transports)" == "[smtp://127.0.0.1:\(ports.smtp)?tls=none]")
    #expect("\(settings.lifetime)" == "30m" && settings.isWorkerEmbedded)
  }
}

/// A port of this machine that somebody listens on.
private final class TakenPort {
  let port: Int
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { [descriptor] pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(descriptor, generic, length) == 0 && listen(descriptor, 1) == 0
          && getsockname(descriptor, generic, &length) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    try #require(isBound)
  }

  deinit { close(descriptor) }
}
