"""Asks the registry what the reference's own client can ask, and prints the answers as one object.

Broker, credential and tenant come from the environment, as for the reference's commands.
"""

import asyncio
import json
import os

from device_connect_edge.messaging import create_client
from device_connect_edge.messaging.config import MessagingConfig
from device_connect_server.registry import RegistryClient


async def refusal(question) -> str:
    try:
        await question
    except RuntimeError as error:
        return str(error)
    return ""


async def pages(registry: RegistryClient) -> list:
    found, offset = [], 0
    while offset is not None:
        devices, offset, total = await registry.list_devices_page(offset=offset, limit=1)
        found.append({"ids": [device["device_id"] for device in devices], "total": total})
    return found


async def main() -> None:
    config = MessagingConfig()
    messaging = create_client(config.backend)
    async with RegistryClient(messaging, config, tenant=os.environ["TENANT"]) as registry:
        await registry.wait_for_device("pump-1", timeout=5)
        ids = lambda devices: [device["device_id"] for device in devices]
        fleet = await registry._request(
            f"device-connect.{os.environ['TENANT']}.discovery", "discovery/describeFleet"
        )
        print(
            json.dumps(
                {
                    "all": ids(await registry.list_devices()),
                    "pages": await pages(registry),
                    "by_type": ids(await registry.list_devices(device_type="SENSOR")),
                    "by_location": ids(await registry.list_devices(location="Greenhouse")),
                    "elsewhere": ids(await registry.list_devices(location="barn")),
                    "unknown": await registry.get_device("nobody"),
                    "functions": await registry.get_device_functions("pump-1"),
                    "events": [event["name"] for event in await registry.get_device_events("pump-1")],
                    "no_limit": await refusal(registry.list_devices_page(limit=0)),
                    "no_offset": await refusal(registry.list_devices_page(offset=-1)),
                    "fleet": fleet,
                }
            ),
            flush=True,
        )


asyncio.run(main())
