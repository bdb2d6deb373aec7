#!/usr/bin/env python3
"""A greenhouse of three devices that work together.

    pip install -r requirements.txt
    python greenhouse.py SENSOR.creds.json PUMP.creds.json CONTROLLER.creds.json

The sensor measures soil that dries, and tells `soil_dry`; the controller hears that, looks for pumps
and calls `irrigate`; the pump waters. Each has a credential of its own and could run on a
machine of its own.
"""

import asyncio
import os
import signal
import sys

from device_connect_edge import DeviceRuntime
from device_connect_edge.drivers import DeviceDriver, emit, on, rpc
from device_connect_edge.types import DeviceIdentity, DeviceStatus

from device import trust

LOCATION = "greenhouse-1"
DRY_BELOW_PERCENT = 30.0
MEASURE_EVERY_SECONDS = float(os.environ.get("MEASURE_EVERY_SECONDS", "5"))


class Driver(DeviceDriver):
    @property
    def identity(self) -> DeviceIdentity:
        return DeviceIdentity(device_type=self.device_type, manufacturer="Greenhouse Works")

    @property
    def status(self) -> DeviceStatus:
        return DeviceStatus(location=LOCATION)

    async def connect(self) -> None:
        pass

    async def disconnect(self) -> None:
        pass


class SoilSensor(Driver):
    device_type = "soil-sensor"
    moisture = 33.0

    @rpc()
    async def measure(self) -> dict:
        """Measure the moisture of the soil."""
        return {"moisture_percent": round(self.moisture, 1)}

    @rpc()
    async def water(self, litres: float) -> dict:
        """Tell the sensor how much water was given: the simulated soil soaks it up.

        Args:
            litres: How much
        """
        self.moisture = min(60.0, self.moisture + litres * 4)
        return await self.measure()

    @emit()
    async def soil_dry(self, moisture_percent: float):
        """The soil is too dry.

        Args:
            moisture_percent: What was measured
        """

    async def dry(self) -> None:
        while True:
            await asyncio.sleep(MEASURE_EVERY_SECONDS)
            self.moisture = max(5.0, self.moisture - 1.7)
            if self.moisture < DRY_BELOW_PERCENT:
                await self.soil_dry(moisture_percent=round(self.moisture, 1))


class IrrigationPump(Driver):
    device_type = "irrigation-pump"

    @rpc()
    async def irrigate(self, seconds: float) -> dict:
        """Run the pump.

        Args:
            seconds: For how long
        """
        if seconds <= 0:
            raise ValueError("seconds has to be positive")
        await self.irrigated(seconds=seconds)
        return {"litres": seconds * 2}

    @emit()
    async def irrigated(self, seconds: float):
        """Water was given.

        Args:
            seconds: For how long
        """


class IrrigationController(Driver):
    device_type = "irrigation-controller"

    @on(event_name="soil_dry")
    async def give_water(self, device_id: str, event_name: str, payload: dict):
        pumps = await self.list_devices(device_type="irrigation-pump")
        for pump in pumps:
            await self.invoke_remote(pump["device_id"], "irrigate", timeout=5, seconds=1.5)
        await self.invoke_remote(device_id, "water", timeout=5, litres=3.0 * len(pumps))
        await self.watered(sensor=device_id, pumps=len(pumps))
        print("watered", device_id, flush=True)

    @emit()
    async def watered(self, sensor: str, pumps: int):
        """Water was ordered for dry soil."""


async def main(files: list[str]) -> None:
    drivers = [SoilSensor(), IrrigationPump(), IrrigationController()]
    tasks = []
    for driver, credentials_file in zip(drivers, files):
        trust(credentials_file)
        runtime = DeviceRuntime(
            driver=driver, credentials_file=credentials_file, messaging_backend="nats"
        )

        async def registered(name: str = driver.device_type) -> None:
            print("registered", name, flush=True)

        runtime.add_registration_listener(registered)
        tasks.append(asyncio.create_task(runtime.run()))
    tasks.append(asyncio.create_task(drivers[0].dry()))
    whole = asyncio.gather(*tasks)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, whole.cancel)
    try:
        await whole
    except asyncio.CancelledError:
        print("stopped", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: greenhouse.py SENSOR PUMP CONTROLLER (credential files)")
    asyncio.run(main(sys.argv[1:]))
