import Testing

@testable import rekey

@Suite struct RedactionTests {
  @Test(arguments: [
    ("postgresql://user:hunter2@h:5432/d", "postgresql://<redacted>@h:5432/d"),
    (
      "postgresql://user@h/d?sslmode=verify-full", "postgresql://<redacted>@h/d?sslmode=verify-full"
    ),
    (
      "postgresql://h/d?target_session_attrs=read-write&connect_timeout=3",
      "postgresql://h/d?target_session_attrs=read-write&connect_timeout=3"
    ),
    ("smtp://h?tls=none&ca=/a/b", "smtp://h?tls=none&ca=/a/b"),
    ("postgresql://h1:1,h2:2/d", "postgresql://h1:1,h2:2/d"),
    ("smtps://user:hunter2@h:465", "smtps://<redacted>@h:465"),
    ("smtp://h smtps://u:hunter2@h", "smtp://h smtps://<redacted>@h"),
    ("https://h/path", "https://h/path"), ("", ""),
  ])
  func `user and password are taken out of a URL`(text: String, shown: String) {
    #expect(Redaction.redacted(text) == shown)
  }

  @Test(arguments: [
    "postgresql://user:hunter2@h/d", "postgresql://user:hun@hunter2@h/d",
    "postgresql://h/d?password=hunter2", "postgresql://h/d?PASSWORD=hunter2",
    "postgresql://h/d?user=x&password=hunter2", "postgresql://h/d?sslpassword=hunter2",
    "host=h user=u password=hunter2", "password = 'hunter2 x'", "hunter2", "user:hunter2@h",
    "https://h/?secret=hunter2", "https://h/?api_key=hunter2", "https://h/?token=hunter2",
    "smtp://h hunter2", "postgresql://h/d?pa%73sword=hunter2", "https://h/?sig=hunter2",
    "https://h/?auth=hunter2", "https://h/?hunter2", "https://h/?user=x&&hunter2",
    "https://h/?user=x;sig=hunter2", "https://h/?tls?hunter2", "https://h/#hunter2",
    "https://h/?USER=hunter2", "https://h/?user=x?sig=hunter2", "https://h/?=hunter2",
  ])
  func `what may hold a secret is not shown`(text: String) {
    #expect(!Redaction.redacted(text).contains("hunter2"), "\(Redaction.redacted(text))")
  }

  /// libpq looks for the `@` first, and takes everything before it for user and password.
  @Test(arguments: [
    "postgresql://user:hun#hunter2@h/d", "postgresql://user:hunter2#x@h/d",
    "postgresql://user:hunter2?x@h/d", "postgresql://user:hunter2/x@h/d",
    "postgresql://user:hunter2 x@h/d", "postgresql://user:x hunter2@h/d",
    "postgresql://user:hunter2@\u{301}h/d",
  ])
  func `a password that nobody escaped is not shown`(text: String) {
    #expect(!Redaction.redacted(text).contains("hunter2"), "\(Redaction.redacted(text))")
  }

  @Test func `these keys may hold a secret, and no error shows their value`() {
    let secret = ConfigurationKey.deployment.filter(\.mayHoldSecret)
    #expect(
      secret == [
        ConfigurationKey.databaseURL, ConfigurationKey.mailTransports, ConfigurationKey.eventsURL,
        ConfigurationKey.accountsURL, ConfigurationKey.accountsDatabaseURL,
      ])
    for key in ConfigurationKey.deployment {
      let line = ConfigurationProblem(key, "hunter2", from: "the environment").description
      #expect(line.contains("hunter2") != key.mayHoldSecret)
      #expect(line.hasPrefix("\(key.name): ") && line.hasSuffix(key.bounds))
    }
  }
}
