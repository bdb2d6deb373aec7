"""A device written with stock nats-py that fetches its queued commands, as docs/extensions/queued-commands.md says.

Arguments: credential file, tenant, device id. Prints what it does, one JSON object a line.
"""

import asyncio
import json
import sys

import nats
from nats.errors import TimeoutError as NothingCame


def say(**facts) -> None:
    print(json.dumps(facts), flush=True)


async def main(credentials_file: str, tenant: str, device_id: str) -> None:
    with open(credentials_file, encoding="utf-8") as file:
        broker = json.load(file)["nats"]

    def user_jwt() -> bytes:
        return broker["jwt"].encode()

    def sign(nonce: str) -> bytes:
        import base64

        import nkeys

        return base64.b64encode(nkeys.from_seed(broker["nkey_seed"].encode()).sign(nonce.encode()))

    connection = await nats.connect(
        broker["urls"], user_jwt_cb=user_jwt, signature_cb=sign, name=device_id
    )
    jetstream = connection.jetstream()
    queue = await jetstream.pull_subscribe_bind(f"cmd-{tenant}-{device_id}", f"commands-{tenant}")
    say(state="fetching")
    answered = {}
    while True:
        try:
            [message] = await queue.fetch(1, timeout=2)
        except NothingCame:
            continue
        request = json.loads(message.data)
        command = (message.headers or {}).get("Command-Id", request["id"])
        subject = f"device-connect.{tenant}.{device_id}.event.async_reply.{command}"
        if command not in answered:
            params = {key: value for key, value in request["params"].items() if key != "_dc_meta"}
            say(command=request["method"], params=params, attempt=message.metadata.num_delivered)
            answered[command] = {"success": True, "result": {"ran": request["method"]}}
        reply = {"correlation_id": command, "device_id": device_id, **answered[command]}
        await jetstream.publish(subject, json.dumps(reply).encode())
        await message.ack()


asyncio.run(main(*sys.argv[1:]))
