"""The gateway's HTTP surface on an engine: what is refused, what is found again, and that nothing secret comes back."""

import http.client
import json
import socket
import time

from engines import NAME, WasmCloud
from processes import ROOT, Failed, wait_for
from traffic import KEY, NUMBERS


class Client:
    """Calls one replica, and keeps every answer for the search for secrets."""

    def __init__(self, engine):
        self.address = engine.address(0)
        self.seen = []
        self.numbers = []

    def message(self):
        """A message to a number that had none."""
        self.numbers.append(f"+86{next(NUMBERS)}")
        return {"to": self.numbers[-1], "usage": "SignIn", "variables": {"code": "918273"}}

    def call(self, path, body=None, method="POST", **headers):
        shown = {
            "Host": NAME,
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            "Correlation-Id": "c-contract",
        }
        shown |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection = http.client.HTTPConnection(self.address, timeout=20)
        connection.request(method, path, data, {name: value for name, value in shown.items() if value is not None})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        self.seen.append(f"{answer.headers} {text}")
        wanted = "application/json" if answer.status == 200 else "application/problem+json"
        same(answer.headers["Content-Type"], wanted, f"{path}: content type")
        same(answer.headers["Cache-Control"], "no-store", f"{path}: caching")
        return answer.status, json.loads(text)


def same(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: {found!r} instead of {wanted!r}.")


def check(engine, provider):
    """Runs every check and returns how many calls were made."""
    client = Client(engine)
    provider.delay(0)
    provider.empty()
    refusals(client)
    same(provider.inbox().total(), 0, "messages after refusals")
    outcomes(client, provider)
    bodies(client, provider)
    nothing_secret(client)
    return len(client.seen)


def refusals(client):
    message = client.message()
    longest = json.dumps(message).encode()
    for what, status, kind, arguments in [
        ("no key", 401, "unauthorized", {"Authorization": None}),
        ("another key", 401, "unauthorized", {"Authorization": f"Bearer {KEY[:-1]}x"}),
        ("a form", 415, "not-json", {"Content_Type": "application/x-www-form-urlencoded"}),
        ("no correlation id", 400, "correlation-id", {"Correlation_Id": None}),
        ("an idempotency key", 400, "idempotency-key", {"Idempotency_Key": "k-1"}),
        ("a long correlation id", 400, "correlation-id", {"Correlation_Id": "x" * 129}),
        ("65,537 bytes", 413, "too-large", {"body": longest + b" " * (65_537 - len(longest))}),
        ("half a body", 400, "malformed", {"body": longest[:-1]}),
        ("a number without calling code", 422, "not-sent", {"body": message | {"to": message["to"][3:]}}),
        ("a code of letters", 422, "not-sent", {"body": message | {"variables": {"code": "abcdef"}}}),
        ("another method", 405, "method", {"method": "PUT"}),
    ]:
        found, problem = client.call("/v1/messages", **({"body": message} | arguments))
        same((found, problem["type"]), (status, f"/problems/{kind}"), what)
        same((problem["status"], problem["state"]), (status, "not_sent"), what)
    same(client.call("/v2/messages", message)[0], 404, "another path")
    same(client.call("/healthz", method="GET", Authorization=None), (200, {"status": "ok"}), "health")


def outcomes(client, provider):
    first, lost = client.message(), client.message()
    longest = json.dumps(first).encode()
    status, accepted = client.call("/v1/messages", longest + b" " * (65_536 - len(longest)))
    same((status, accepted["state"], accepted["correlation_id"]), (200, "accepted", "c-contract"), "65,536 bytes")
    same(provider.inbox(), {first["to"]: 1}, "the inbox")

    # The thirty seconds between two messages to one number: certainly not sent, and when to come again.
    status, problem = client.call("/v1/messages", first, Correlation_Id="c-again")
    same((status, problem["state"], problem["kind"]), (422, "not_sent", "rate-limited"), "a second message")
    same(provider.inbox(), {first["to"]: 1}, "the inbox after a second message")

    # The provider took the message and its answer was lost.
    provider.fault("accept-then-close")
    status, problem = client.call("/v1/messages", lost, Correlation_Id="c-lost")
    same((status, problem["state"], problem["correlation_id"]), (502, "unknown", "c-lost"), "a lost answer")
    same(provider.inbox()[lost["to"]], 1, "the inbox after a lost answer")
    lookups(client, {"to": lost["to"], "max_age_s": 600, "correlation_id": "c-lost"})


def lookups(client, query):
    """The record is there at once, and the correlation id with the carrier's report, a second later."""
    find = lambda more: client.call("/v1/deliveries/find", query | more)
    status, found = find({})
    same((status, len(found["found"])), (200, 1), "a lookup")
    ids = lambda: [each["attributes"].get("correlation-id") for each in find({})[1]["found"]]
    wait_for("the report of a message that is looked up", lambda: ids() == ["c-lost"], seconds=10)
    same(find({"correlation_id": "c-another"})[1]["found"], [], "a lookup of another id")
    status, problem = find({"max_age_s": -1})
    same((status, problem["pointer"]), (422, "/max_age_s"), "a lookup of nothing")
    if "state" in problem:
        raise Failed("a lookup that failed claims a state of the message.")


def bodies(client, provider):
    """The list that the auth host is held to as well."""
    cases = json.loads((ROOT / "tests/vectors/message-bodies.json").read_text())
    for nth, case in enumerate(cases):
        status, answer = client.call("/v1/messages", json.dumps(case["body"]).encode(), Correlation_Id=f"c-body-{nth}")
        # Of a fitting body the connector may still say that its template has no use for it.
        refused = answer.get("type") == "/problems/invalid"
        same((refused, answer.get("pointer")), (not case["fits"], case.get("pointer")), case["name"])


def nothing_secret(client):
    config = json.loads((ROOT / "simulator/config.json").read_text())
    for secret in (KEY, config["accessKeySecret"], config["accessKeyId"], "918273", *(number[3:] for number in client.numbers)):
        for answer in client.seen:
            if secret in answer:
                raise Failed("an answer has a secret, a number or a code in it.")


def slow_body(engine):
    """A body that does not arrive holds an instance for ten seconds, and no longer."""
    host, port = engine.address(0).split(":")
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nCorrelation-Id: c-slow\r\nContent-Length: 100\r\n\r\n{"
    )
    with socket.create_connection((host, int(port)), timeout=20) as caller:
        begun = time.monotonic()
        caller.sendall(head.encode())
        answer = caller.recv(65536).decode()
    waited = time.monotonic() - begun
    same((answer.split(" ")[1], 9 < waited < 13), ("408", True), f"a body that does not arrive, after {waited:.1f} s")


def denied(folder, provider):
    """On wasmCloud each component has an allow list: a connector without the provider's origin sends nothing."""
    engine = WasmCloud(folder, provider, replicas=1, provider_granted=False)
    provider.empty()
    client = Client(engine)
    status, problem = client.call("/v1/messages", client.message())
    same((status, problem["state"], problem["kind"]), (422, "not_sent", "denied"), "a connector without a grant")
    same(provider.inbox().total(), 0, "messages of a connector without a grant")
    engine.stop()
