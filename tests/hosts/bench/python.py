"""The component in Python: python.py FIRST_NUMBER COUNT"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))

from connector import Connector, Message  # noqa: E402

first, count = map(int, sys.argv[1:])
connector = Connector(os.environ["CONNECTOR_WASM"])
for index in range(count):
    connector.send(os.environ["BENCH_CONFIG"], Message(f"+86{first + index}", "SignIn", {"code": "123456"}))
