"""An SMS connector in Wasmtime for Python: load it once, call it from a fresh instance each time.

    python connector.py connector.wasm --config config.json --to +8613800138000 --usage SignIn --code 123456

Exit code: 0 accepted, 3 certainly not sent, 4 unknown, as `auth-host` has them.

What this host cannot do: `add_wasi_http` has no hook, so a connector reaches whatever its config names, and its
TLS trusts the public authorities that are compiled in, and no other. `host/` can do both.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

from wasmtime import Config, Engine, Store, WasiConfig
from wasmtime.component import Component, Instance, Linker, Record, Variant

INTERFACE = "auth:connector/sms@0.1.0"

# What a call may use. A send takes about 540,000 units of fuel and 128 KiB; a connector that loops or grows is
# stopped by these. Fuel counts instructions, so waiting for the network is free: that is bounded by `timeout_ms`.
FUEL = 20_000_000
MEMORY_BYTES = 4 << 20


@dataclass(frozen=True)
class Message:
    """One message to one person. See `message` in wit/sms.wit."""

    to: str
    usage: str
    variables: dict[str, str]
    locales: list[str] | None = None
    correlation_id: str | None = None
    timeout_ms: int | None = None

    def lower(self) -> Record:
        return record({
            "to": self.to,
            "usage": self.usage,
            "variables": list(self.variables.items()),
            "locales": self.locales,
            "correlation-id": self.correlation_id,
            "timeout-ms": self.timeout_ms,
            "attributes": None,
        })


class SendError(Exception):
    """The message was not accepted. `failure` has the contract's fields, such as `failure["retry-after-ms"]`."""

    def __init__(self, failure: dict):
        super().__init__(failure["message"])
        self.failure = failure

    @property
    def kind(self) -> str:
        return self.failure["kind"]


class NotSent(SendError):
    """Certainly not sent. Sending again cannot reach the recipient twice."""


class Unknown(SendError):
    """It may have been sent. Sending again may send it twice."""


class Connector:
    """A compiled component. Compiling takes about 0.1 s, an instance 50 microseconds."""

    def __init__(self, path: str, fuel: int = FUEL, memory_bytes: int = MEMORY_BYTES):
        config = Config()
        config.consume_fuel = True
        self._engine = Engine(config)
        self._component = Component.from_file(self._engine, path)
        self._linker = Linker(self._engine)
        # `add_wasi_http` needs the rest of WASI 0.2, and `WasiConfig()` grants nothing of it.
        self._linker.add_wasip2()
        self._linker.add_wasi_http()
        self._fuel = fuel
        self._memory_bytes = memory_bytes

    def instance(self) -> tuple[Store, Instance]:
        """A fresh instance, within the limits."""
        store = Store(self._engine)
        store.set_fuel(self._fuel)
        store.set_limits(memory_size=self._memory_bytes)
        store.set_wasi(WasiConfig())
        store.set_wasi_http()
        return store, self._linker.instantiate(store, self._component)

    def call(self, function: str, *arguments):
        """Calls a function of the contract in a fresh instance, so that nothing is left for the next call."""
        store, instance = self.instance()
        interface = instance.get_export_index(store, INTERFACE)
        if interface is None:
            raise ValueError(f"the component does not export {INTERFACE}")
        export = instance.get_func(store, instance.get_export_index(store, function, interface))
        return lift(export(store, *arguments))

    def metadata(self) -> dict:
        return self.call("get-metadata")

    def validate_config(self, config: str, locales: list[str]) -> list[dict]:
        return self.call("validate-config", config, locales)

    def send(self, config: str, message: Message) -> dict:
        """Sends one message, blocking. A trap says nothing about it, so treat every other exception as `Unknown`."""
        result = self.call("send-message", config, message.lower())
        match result:
            case {"tag": "not-sent", "payload": failure}:
                raise NotSent(failure)
            case {"tag": "unknown", "payload": failure}:
                raise Unknown(failure)
        return result


def record(fields: dict) -> Record:
    value = Record()
    value.__dict__.update(fields)
    return value


def lift(value):
    """Wasmtime's records and variants as dictionaries with the contract's names."""
    if isinstance(value, Record):
        return {name: lift(member) for name, member in value.__dict__.items()}
    if isinstance(value, Variant):
        return {"tag": value.tag, "payload": lift(value.payload)}
    if isinstance(value, list):
        return [lift(member) for member in value]
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description="Send one message.")
    parser.add_argument("component")
    parser.add_argument("--config", required=True, help="a file with the connector's config")
    parser.add_argument("--to", required=True, help="+ and E.164 digits")
    parser.add_argument("--usage", default="Generic")
    parser.add_argument("--code", required=True)
    arguments = parser.parse_args()
    connector = Connector(arguments.component)
    with open(arguments.config, encoding="utf-8") as file:
        config = file.read()
    try:
        receipt = connector.send(config, Message(arguments.to, arguments.usage, {"code": arguments.code}))
    except SendError as error:
        print(f"{type(error).__name__}: {error.kind}: {error}", file=sys.stderr)
        return 3 if isinstance(error, NotSent) else 4
    print(f"accepted: {receipt['message-id']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
