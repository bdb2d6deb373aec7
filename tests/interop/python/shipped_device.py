"""A device on nothing but the reference runtime, which commissions itself where it has to.

    shipped_device.py KIND IDENTITY_FILE CREDENTIALS_FILE COMMISSIONING_PORT

The runtime decides itself where it keeps its credentials, so CREDENTIALS_FILE is not looked at.
"""

import asyncio
import json
import sys

from device_connect_edge import DeviceRuntime

from drivers import DRIVERS


async def main(kind: str, identity_file: str, port: int) -> None:
    runtime = DeviceRuntime(
        driver=DRIVERS[kind](),
        factory_identity_file=identity_file,
        commissioning_port=port,
        ttl=3,
    )

    async def registered():
        print(json.dumps({"state": "registered"}), flush=True)

    runtime.add_registration_listener(registered)
    await runtime.run()


kind, identity_file, _, port = sys.argv[1:]
asyncio.run(main(kind, identity_file, int(port)))
