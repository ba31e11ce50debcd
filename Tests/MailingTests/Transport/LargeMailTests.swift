import Glibc
import PasswordReset
import Support
import Testing
import Transfer

@testable import Mailing

struct LargeMailTests {
  @Test(arguments: [
    "webhook+https://HOST/mail?tls=none&timeout=5m&secret_file=FOLDER/secrets",
    "ses://AKID:secret@HOST?tls=none&timeout=5m&region=eu-west-1",
  ])
  func `twenty mails with a file take no memory for it, though it is signed`(
    url: String
  ) async {
    // In a process of its own, since other tests take memory at the same time.
    await #expect(processExitsWith: .success) { [url] in try await deliverTwenty(url) }
  }
}

private func deliverTwenty(_ text: String) async throws {
  let folder = try MailFolder()
  try folder.write("secrets", "0123456789abcdefghijklmn\n")
  // Twenty of them in memory, in whatever form, would be more than three times what is allowed.
  let size = 2_000_000
  try folder.write("large.bin", [], size: size)
  let mail = try Sample.mail(files: [
    MailFile(
      path: "\(folder.path)/large.bin", name: "large.bin", mediaType: "a/b", size: Int64(size),
      isInline: false)
  ])
  let server = try LoopbackServer { connection in
    var length = 0
    while let line = connection.line(), !line.isEmpty {
      let parts = line.split(separator: " ")
      if parts[0].lowercased() == "content-length:" { length = Int(parts[1]) ?? 0 }
    }
    connection.skip(length)
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
  }
  let url = text.replacing("HOST", with: "127.0.0.1:\(server.port)")
    .replacing("FOLDER", with: folder.path)
  let loop = try TransferLoop()
  let transport = try TransportURL(url).transport(
    TransportContext(
      ehloName: "a", smtpUTF8: true, mayReachPrivate: true,
      hash: { next in
        while next() != nil {}
        return [UInt8](repeating: 1, count: 32)
      }, clock: StoppedClock(), through: loop))
  let before = kilobytes("VmRSS")
  await withTaskGroup { group in
    for _ in 0..<20 { group.addTask { await transport.deliver(mail, under: TestLease()) } }
    for await outcome in group { #expect(outcome == .delivered) }
  }
  #expect(before > 0)
  #expect(kilobytes("VmHWM") - before < 16 * 1024)
  await loop.stop()
}

/// A line of this process's status: what is resident, or the most that ever was.
private func kilobytes(_ name: String) -> Int {
  let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
  let status = Connection(descriptor)
  defer { close(descriptor) }
  while let line = status.line() {
    guard line.hasPrefix("\(name):") else { continue }
    return Int(line.split { " \t".contains($0) }[1]) ?? 0
  }
  return 0
}
