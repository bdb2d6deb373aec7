#!/usr/bin/env python3
"""A device to begin with.

    pip install -r requirements.txt
    python device.py ../credentials/NAME.creds.json

It registers, sends heartbeats, answers `set_level` and tells `level_changed`. Change the class
`Tank` into what your device does: each method with @rpc can be called, each with @emit is an event.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from device_connect_edge import DeviceRuntime
from device_connect_edge.drivers import DeviceDriver, emit, rpc
from device_connect_edge.types import DeviceIdentity, DeviceStatus


class Tank(DeviceDriver):
    """A tank whose level can be set and is told."""

    device_type = "tank"
    level = 50

    @property
    def identity(self) -> DeviceIdentity:
        return DeviceIdentity(device_type=self.device_type, manufacturer="You", model="Starter")

    @property
    def status(self) -> DeviceStatus:
        return DeviceStatus(location="bench", availability="available")

    async def connect(self) -> None:
        """Open what the device talks to: a bus, a pin, a port."""

    async def disconnect(self) -> None:
        """Close it again."""

    @rpc(labels={"direction": "write"})
    async def set_level(self, percent: int) -> dict:
        """Set the level.

        Args:
            percent: 0 to 100
        """
        if not 0 <= percent <= 100:
            raise ValueError("percent has to be 0 to 100")
        self.level = percent
        await self.level_changed(percent=percent)
        return {"percent": percent}

    @emit()
    async def level_changed(self, percent: int):
        """The level is another one now.

        Args:
            percent: 0 to 100
        """


def trust(credentials_file: str) -> None:
    """The runtime takes a certificate authority as a file only; the credential brings it as text."""
    tls = json.loads(Path(credentials_file).read_text())["nats"].get("tls") or {}
    if not tls.get("ca_pem") or os.environ.get("MESSAGING_TLS_CA_FILE"):
        return
    ca = Path(tempfile.mkdtemp()) / "ca.pem"
    ca.write_text(tls["ca_pem"])
    os.environ["MESSAGING_TLS_CA_FILE"] = str(ca)


async def main(credentials_file: str) -> None:
    trust(credentials_file)
    runtime = DeviceRuntime(
        driver=Tank(), credentials_file=credentials_file, messaging_backend="nats"
    )

    async def registered() -> None:
        print("registered", runtime.device_id, flush=True)

    runtime.add_registration_listener(registered)
    running = asyncio.create_task(runtime.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        print("stopped", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: device.py CREDENTIAL_FILE")
    asyncio.run(main(sys.argv[1]))
