"""A device of the reference implementation, as a field device would be built on it.

    device.py KIND IDENTITY_FILE CREDENTIALS_FILE COMMISSIONING_PORT

Without a credential file it waits to be commissioned, keeps what it is given and goes on with it,
as a boot script does: the reference runtime itself takes tenant and broker from a credential file
only when it is constructed. Prints one JSON object a line about its life; ends at SIGTERM.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from device_connect_edge import DeviceRuntime
from device_connect_server.security.commissioning import CommissioningMode

from drivers import DRIVERS

# Short, so that a device that is gone is missed soon.
TTL_SECONDS = 3


def tell(**facts):
    print(json.dumps(facts), flush=True)


async def be_commissioned(identity: dict, credentials_file: str, port: int) -> None:
    nkey = identity.get("nkey", {})
    mode = CommissioningMode(
        device_id=identity["device_id"],
        device_type=identity["device_type"],
        factory_pin=identity["provisioning"]["pin"],
        capabilities=identity["capabilities"],
        nkey_public=nkey.get("public_key"),
        nkey_seed=nkey.get("seed"),
        port=port,
    )
    credentials = await mode.start_commissioning_server()
    mode.save_credentials(credentials, credentials_file)
    tell(state="commissioned", keys=sorted(credentials["nats"]))


async def main(kind: str, identity_file: str, credentials_file: str, port: int) -> None:
    identity = json.loads(Path(identity_file).read_text())
    if not Path(credentials_file).exists():
        await be_commissioned(identity, credentials_file, port)
    seed = identity.get("nkey", {}).get("seed")
    if seed is not None:
        # The only place besides the credential file where the runtime looks for a seed.
        os.environ["NATS_NKEY_SEED"] = seed

    driver = DRIVERS[kind]()
    runtime = DeviceRuntime(
        driver=driver,
        device_id=identity["device_id"],
        credentials_file=credentials_file,
        # Kept only when given here: the runtime drops what it does not know of a driver's identity.
        identity={"roof_side": "north"},
        ttl=TTL_SECONDS,
    )
    runtime.set_heartbeat_provider(driver.beat)

    async def registered():
        tell(state="registered", registration=runtime._registration_id)

    runtime.add_registration_listener(registered)
    running = asyncio.create_task(runtime.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        tell(state="stopped")


kind, identity_file, credentials_file, port = sys.argv[1:]
asyncio.run(main(kind, identity_file, credentials_file, int(port)))
