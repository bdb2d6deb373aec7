"""Subscribes to the subjects given and prints whatever it hears, one JSON object a message.

Broker and credential come from the environment, as for the reference's commands. What the server
refuses is logged to standard error.
"""

import asyncio
import json
import logging
import sys

from device_connect_edge.messaging import create_client
from device_connect_edge.messaging.config import MessagingConfig


async def main(subjects: list) -> None:
    logging.basicConfig(level=logging.INFO)
    config = MessagingConfig()
    messaging = create_client(config.backend)
    await messaging.connect(
        servers=config.servers, credentials=config.credentials, tls_config=config.tls_config
    )

    async def hear(data: bytes, subject: str, reply) -> None:
        text = data.decode(errors="replace")
        print(json.dumps({"subject": subject, "text": text}), flush=True)

    for subject in subjects:
        await messaging.subscribe_with_subject(subject, hear)
    await messaging.flush()
    print(json.dumps({"state": "listening"}), flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1:]))
