"""Who an address belongs to: told by the caller, by an HTTP directory, by a database, by nobody."""

import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit, urlunsplit

import pytest
from caller import new_address
from directory import Directory, reply
from installation import Installation
from polling import eventually
from service import Service


def waits(rekey: Installation) -> bool:
    """A message has been tried and waits for its next attempt."""
    rows = rekey.database.rows("SELECT * FROM rekey.outbox")
    return bool(rows) and rows[0]["attempt"] > 0 and rows[0]["leased_until"] is None


def test_mail_goes_to_the_stored_address_that_the_directory_names(
    rekey: Installation, directory: Directory
):
    service = rekey.serve()
    typed, stored = new_address(), new_address()
    directory.accounts[typed] = {"id": "77", "email": stored, "version": "3"}
    service.caller.accepted(typed)
    token = rekey.mailbox.mail_to(stored).token
    assert rekey.mailbox.mails_to(typed) == []
    assert directory.asked == [{"email": typed, "caller": "shop"}]
    assert directory.refused == []
    live = service.caller.verify(token).json()
    assert (live["account"]["id"], live["email"]) == ("77", stored)
    assert service.caller.consume(token, account_version="2").code == "account_changed"
    assert service.caller.consume(token, account_version="3").status == 200


def test_no_account_no_mail(rekey: Installation, directory: Directory):
    service = rekey.serve()
    request_id = service.caller.accepted(new_address())
    eventually(lambda: service.caller.status(request_id).json()["status"] == "dropped", "dropped")
    assert rekey.mailbox.mails == []


def test_the_directory_is_not_asked_before_the_answer(rekey: Installation, directory: Directory):
    service = rekey.serve("--no-worker")
    service.caller.accepted(new_address())
    assert directory.asked == []


def test_what_the_caller_has_looked_up_is_not_asked_again(
    rekey: Installation, directory: Directory
):
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address, account={"id": "1", "email": address})
    rekey.mailbox.mail_to(address)
    service.caller.accepted(new_address(), account=None)
    assert directory.asked == []


FAULTS = {
    "500": lambda call: reply(call, 500, {}) or True,
    "302": lambda call: _redirect(call),
    "no json": lambda call: reply(call, 200, b"hello") or True,
    "no account": lambda call: reply(call, 200, {}) or True,
    "a list": lambda call: reply(call, 200, {"account": []}) or True,
    "two addresses": lambda call: (
        reply(call, 200, {"account": {"id": "1", "email": "a@x.test,b@x.test"}}) or True
    ),
    "injected address": lambda call: (
        reply(call, 200, {"account": {"id": "1", "email": "a@x.test>\r\nRCPT TO:<b@x.test"}})
        or True
    ),
    "1 MB": lambda call: reply(call, 200, b" " * 1_000_000) or True,
    "closed": lambda call: call.connection.close() or True,
}


def _redirect(call: BaseHTTPRequestHandler) -> bool:
    call.send_response(302)
    call.send_header("Location", "http://127.0.0.1:9/evil")
    call.send_header("Content-Length", "0")
    call.end_headers()
    return True


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_of_the_directory_the_mail_comes_with_a_later_attempt(
    rekey: Installation, directory: Directory, fault: str
):
    service = rekey.serve()
    address = new_address()
    directory.accounts[address] = {"id": "1", "email": address}
    directory.misbehave = FAULTS[fault]
    service.caller.accepted(address)
    eventually(lambda: waits(rekey), "a message that waits for its next attempt")
    directory.misbehave = None
    assert rekey.mailbox.mails == []
    rekey.database.make_due()
    rekey.mailbox.mail_to(address)


def test_a_directory_that_hangs_holds_up_nobody_who_needs_it_not(
    rekey: Installation, directory: Directory
):
    service = rekey.serve()
    release = threading.Event()
    directory.misbehave = lambda call: release.wait(20)
    service.caller.accepted(new_address())
    eventually(lambda: directory.asked, "a question")
    address = new_address()
    service.caller.accepted(address, account={"id": "1", "email": address})
    rekey.mailbox.mail_to(address)
    eventually(lambda: waits(rekey), "the end of the 5 second deadline", 10)
    release.set()


def test_the_secret_file_is_guarded_like_the_keys(rekey: Installation, directory: Directory):
    (rekey.directory / "directory-secret").chmod(0o644)
    assert rekey.run("serve").returncode == 78


@pytest.fixture
def app_database(rekey: Installation) -> Installation:
    """The main app's accounts, in a table of the same server."""
    rekey.database.execute(
        "CREATE TABLE public.users (id int, email text, locale text, version int);"
        "GRANT SELECT ON public.users TO rekey_test_all"
    )
    rekey.settings |= {
        "REKEY_ACCOUNTS_MODE": "sql",
        "REKEY_ACCOUNTS_DATABASE_URL": rekey.settings["REKEY_DATABASE_URL"],
        "REKEY_ACCOUNTS_QUERY": "SELECT id, email, locale, version FROM public.users"
        " WHERE lower(email) = lower($1)",
    }
    return rekey


def test_a_database_names_the_account(app_database: Installation):
    rekey = app_database
    service = rekey.serve()
    address = new_address()
    rekey.database.execute("INSERT INTO public.users VALUES (5, %s, 'en', 9)", [address])
    service.caller.accepted(address.upper().replace("EXAMPLE.TEST", "example.test"))
    token = rekey.mailbox.mail_to(address).token
    account = service.caller.verify(token).json()["account"]
    assert (account["id"], account["version"]) == ("5", "9")
    stranger = service.caller.accepted(new_address())
    eventually(lambda: service.caller.status(stranger).json()["status"] == "dropped", "dropped")


@pytest.mark.parametrize("other", ["person@ex\u0131mple.test", "per\u017fon@example.test"])
def test_a_look_alike_that_the_database_folds_gets_no_mail(app_database: Installation, other: str):
    """CVE-2019-19844: the mail goes only to whom the typed address names."""
    rekey = app_database
    every = "SELECT id, email FROM public.users WHERE $1 <> ''"
    service = rekey.serve(REKEY_ACCOUNTS_QUERY=every)
    rekey.database.execute("INSERT INTO public.users VALUES (5, 'person@example.test', 'en', 9)")
    answer = service.caller.request(other)
    if answer.status == 202:
        identifier = answer.json()["request_id"]
        eventually(lambda: _ended(service, identifier), "its end")
    assert rekey.mailbox.mails == []


def _ended(service: Service, identifier: str) -> bool:
    return service.caller.status(identifier).json()["status"] == "dropped"


@pytest.mark.parametrize("query", ["SELECT 1", "", "SELECT 1 AS id, '$' AS email"])
def test_a_query_without_its_parameter_stops_the_start(app_database: Installation, query: str):
    done = app_database.run("serve", REKEY_ACCOUNTS_QUERY=query)
    assert done.returncode == 78
    assert "accounts.query" in done.stderr


@pytest.mark.parametrize(
    "query",
    ["SELECT id FROM public.users WHERE email = $1; DELETE FROM public.users",
     "DELETE FROM public.users WHERE $1 <> '' RETURNING id, email",
     "SELECT 1 AS id, $1 AS email) AS x; DELETE FROM public.users; SELECT (1"],
)  # fmt: skip
def test_a_query_can_do_nothing_but_read(app_database: Installation, query: str):
    rekey = app_database
    rekey.database.execute("INSERT INTO public.users VALUES (5, 'person@example.test', 'en', 9)")
    rekey.database.execute("GRANT ALL ON public.users TO rekey_test_all")
    service = rekey.launch("serve", REKEY_ACCOUNTS_QUERY=query)
    eventually(
        lambda: service.process.poll() is not None or _is_ready(service), "an end or readiness"
    )
    if service.process.poll() is None:
        service.caller.accepted("person@example.test")
        eventually(lambda: waits(rekey), "a message that waits for its next attempt")
    else:
        service.killed = True
    assert rekey.database.value("SELECT count(*) FROM public.users") == 1
    assert rekey.mailbox.mails == []


def test_the_directorys_database_may_be_away(app_database: Installation):
    rekey = app_database
    url = urlsplit(rekey.settings["REKEY_DATABASE_URL"])
    elsewhere = urlunsplit(url._replace(path="/no_such_database"))
    service = rekey.launch("serve", REKEY_ACCOUNTS_DATABASE_URL=elsewhere)
    eventually(
        lambda: service.process.poll() is not None or _is_ready(service), "an end or readiness"
    )
    if service.process.poll() is None:
        assert service.caller.request(new_address()).status == 202
    else:
        assert service.process.returncode in (1, 78)
        service.killed = True


def _is_ready(service: Service) -> bool:
    try:
        return service.ready().status == 200
    except OSError:
        return False
