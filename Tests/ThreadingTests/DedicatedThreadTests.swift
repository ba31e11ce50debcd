import Glibc
import Testing
import Threading

/// An actor that lives on a dedicated thread and notes what it sees there.
private actor Recorder {
  private let thread: DedicatedThread
  private(set) var numbers: [Int] = []

  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  init(_ thread: DedicatedThread) {
    self.thread = thread
  }

  func append(_ number: Int) {
    numbers.append(number)
  }

  func threadID() -> UInt { UInt(pthread_self()) }

  func threadName() -> String { readFile("/proc/thread-self/comm") }

  /// Blocks the thread until `descriptor` is readable, for at most ten seconds.
  func block(until descriptor: Int32) -> Bool {
    var descriptor = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 10_000) == 1
  }
}

private func readFile(_ path: String) -> String {
  guard let file = fopen(path, "r") else { return "" }
  defer { fclose(file) }
  var buffer = [UInt8](repeating: 0, count: 256)
  let count = fread(&buffer, 1, buffer.count, file)
  return String(decoding: buffer.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}

private func threadNames() -> [String] {
  guard let directory = opendir("/proc/self/task") else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let task = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if !task.utf8.starts(with: ".".utf8) {
      names.append(readFile("/proc/self/task/\(task)/comm"))
    }
  }
  return names
}

/// Yields until `condition` holds, for at most ten seconds.
private func eventually(_ condition: () -> Bool) async -> Bool {
  let end = ContinuousClock.now + .seconds(10)
  while ContinuousClock.now < end {
    if condition() { return true }
    await Task.yield()
  }
  return false
}

@Suite struct DedicatedThreadTests {
  @Test func `jobs run in order on one thread that is not the caller's`() async {
    let recorder = Recorder(DedicatedThread(name: "order"))
    let first = await recorder.threadID()
    for number in 0..<1000 { await recorder.append(number) }
    #expect(await recorder.numbers == Array(0..<1000))
    #expect(await recorder.threadID() == first)
    #expect(first != UInt(pthread_self()))
  }

  @Test func `many tasks at once lose no job`() async {
    let recorder = Recorder(DedicatedThread(name: "many"))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<2000 { group.addTask { await recorder.append(number) } }
    }
    #expect(await recorder.numbers.sorted() == Array(0..<2000))
  }

  @Test func `the thread bears its name, cut at 15 bytes`() async {
    let exact = Recorder(DedicatedThread(name: "exactly-15-byte"))
    let long = Recorder(DedicatedThread(name: "exactly-15-bytes-and-more"))
    #expect(await exact.threadName() == "exactly-15-byte")
    #expect(await long.threadName() == "exactly-15-byte")
  }

  @Test func `a blocked thread does not block others`() async throws {
    let blocked = Recorder(DedicatedThread(name: "blocked"))
    let free = Recorder(DedicatedThread(name: "free"))
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let readingEnd = ends[0]
    async let released = blocked.block(until: readingEnd)
    await free.append(1)
    #expect(write(ends[1], "x", 1) == 1)
    #expect(await released)
  }

  @Test func `the thread ends with the last reference`() async {
    var recorder: Recorder? = Recorder(DedicatedThread(name: "released"))
    await recorder?.append(1)
    #expect(threadNames().contains("released"))
    recorder = nil
    #expect(await eventually { !threadNames().contains("released") })
  }

  @Test func `stop ends the thread after the queued jobs`() async {
    let thread = DedicatedThread(name: "stopped")
    let recorder = Recorder(thread)
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<100 { group.addTask { await recorder.append(number) } }
      thread.stop()
    }
    #expect(await recorder.numbers.count == 100)
    #expect(await eventually { !threadNames().contains("stopped") })
  }

  @Test func `work runs on a thread of its own, with its name, and no signal but a fault's`() async
  {
    let seen = await withCheckedContinuation { continuation in
      let isRunning = DedicatedThread.run(name: "just-for-it") {
        var signals = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &signals)
        let blocked = [SIGPIPE, SIGTERM, SIGSEGV].map { sigismember(&signals, $0) == 1 }
        continuation.resume(returning: (readFile("/proc/thread-self/comm"), blocked))
      }
      #expect(isRunning)
    }
    #expect(seen.0 == "just-for-it")
    #expect(seen.1 == [true, true, false])
    #expect(await eventually { !threadNames().contains("just-for-it") })
  }

  @Test func `a job after stop still runs`() async {
    let thread = DedicatedThread(name: "late")
    let recorder = Recorder(thread)
    thread.stop()
    for number in 0..<100 { await recorder.append(number) }
    #expect(await recorder.numbers == Array(0..<100))
    #expect(await eventually { !threadNames().contains("late") })
  }
}
