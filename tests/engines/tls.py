"""TLS from an engine to the provider, whose certificate a private authority signed."""

from contract import Client, same
from engines import WasmCloud, WasmtimeServe


def accepted(folder, provider):
    """wasmCloud is given the authority, and the message arrives."""
    engine = trusting(folder, provider)
    provider.empty()
    client = Client(engine)
    message = client.message()
    status, answer = client.call("/v1/messages", message)
    same((status, answer.get("state")), (200, "accepted"), "a message over TLS")
    same(provider.inbox(), {message["to"]: 1}, "the inbox after a message over TLS")
    engine.stop()


def trusting(folder, provider):
    return WasmCloud(folder, provider, replicas=1, more=["--http-client-ca-path", provider.authority])


def refused(folder, provider, kind):
    """A certificate of an authority that the engine does not trust: certainly not sent. The variables by which OpenSSL and
    rustls-native-certs are given authorities change nothing; where they come to, docs/engines.md has to be corrected."""
    provider.empty()
    named = {"SSL_CERT_FILE": str(provider.authority)} if kind is WasmtimeServe else None
    engine = kind(folder, provider, replicas=1, environment=named)
    client = Client(engine)
    status, problem = client.call("/v1/messages", client.message())
    found = (status, problem.get("state"), problem.get("kind"))
    same(found, (422, "not_sent", "unreachable"), f"{kind.name}: a certificate that is not trusted")
    same(provider.inbox().total(), 0, f"{kind.name}: messages to a provider that is not trusted")
    engine.stop()
