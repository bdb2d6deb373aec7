"""Works out with the reference's agent tools what a line of standard input asks for.

The line is a JSON list of {"selector": text, "limit": number?, "offset": number?} or {"key": text or null, …}.
Prints one JSON object with all answers. Broker and tenant come from the environment.
"""

import json
import sys

from device_connect_agent_tools import connect, disconnect, discover, discover_labels


def answer(question: dict) -> dict:
    page = {name: question[name] for name in ("offset", "limit") if name in question}
    if "selector" in question:
        return discover(question["selector"], **page)
    return discover_labels(question["key"], **page)


connect()
answers = [answer(question) for question in json.loads(sys.stdin.readline())]
print(json.dumps({"answers": answers}), flush=True)
disconnect()
