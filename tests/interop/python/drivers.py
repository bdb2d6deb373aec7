"""Three devices of a greenhouse: what they can do and how they work together."""

from device_connect_edge.drivers import DeviceDriver, emit, on, rpc
from device_connect_edge.types import DeviceIdentity, DeviceStatus


class GreenhouseDriver(DeviceDriver):
    model = ""
    battery = 80

    @property
    def identity(self) -> DeviceIdentity:
        return DeviceIdentity(
            device_type=self.device_type,
            manufacturer="Greenhouse Works",
            model=self.model,
            serial_number="GW-0001",
            firmware_version="1.4.0",
        )

    @property
    def status(self) -> DeviceStatus:
        return DeviceStatus(location="greenhouse-1", battery=self.battery)

    def beat(self) -> dict:
        # Nothing measured yet: Python writes it as NaN, which JSON does not know.
        return {"battery": self.battery, "dew_point": float("nan")}

    async def connect(self) -> None:
        pass

    async def disconnect(self) -> None:
        pass


class SoilSensor(GreenhouseDriver):
    device_type = "soil-sensor"
    model = "SS-2"
    labels = {"category": ["sensor", "soil"]}

    @rpc(labels={"direction": "read"})
    async def measure(self, depth_cm: int = 10) -> dict:
        """Measure the moisture of the soil.

        Args:
            depth_cm: Depth below the surface
        """
        return {"depth_cm": depth_cm, "moisture_percent": 31.5, "salinity": float("nan")}

    @rpc()
    async def drain(self, battery: int) -> dict:
        """Set the battery level that heartbeats tell.

        Args:
            battery: Level in percent
        """
        self.battery = battery
        return {"battery": battery}

    @rpc()
    async def dry_out(self, moisture_percent: float) -> dict:
        """Pretend that the soil dries.

        Args:
            moisture_percent: What is left
        """
        await self.soil_dry(moisture_percent=moisture_percent)
        return {"told": True}

    @emit()
    async def soil_dry(self, moisture_percent: float):
        """The soil is too dry.

        Args:
            moisture_percent: What was measured
        """


class IrrigationPump(GreenhouseDriver):
    device_type = "irrigation-pump"
    model = "IP-9"

    @rpc()
    async def irrigate(self, seconds: float) -> dict:
        """Run the pump.

        Args:
            seconds: For how long
        """
        if seconds <= 0:
            raise ValueError("seconds must be positive")
        await self.irrigated(seconds=seconds)
        return {"litres": seconds * 2}

    @emit()
    async def irrigated(self, seconds: float):
        """Water was given.

        Args:
            seconds: For how long
        """


class IrrigationController(GreenhouseDriver):
    device_type = "irrigation-controller"
    model = "IC-1"

    @on(event_name="soil_dry")
    async def water(self, device_id: str, event_name: str, payload: dict):
        pumps = await self.list_devices(device_type="irrigation-pump")
        answers = [
            await self.invoke_remote(pump["device_id"], "irrigate", timeout=5, seconds=1.5)
            for pump in pumps
        ]
        await self.watered(sensor=device_id, answers=answers)

    @on(event_name="peer_lost")
    async def miss(self, device_id: str, event_name: str, payload: dict):
        await self.missed(device=device_id)

    @rpc()
    async def survey(self) -> dict:
        """List the devices that the registry tells this one of."""
        return {"devices": sorted(device["device_id"] for device in await self.list_devices())}

    @rpc()
    async def call(self, device_id: str, function: str) -> dict:
        """Call another device.

        Args:
            device_id: Which
            function: What to call there
        """
        return await self.invoke_remote(device_id, function, timeout=2)

    @emit()
    async def watered(self, sensor: str, answers: list):
        """Water was ordered."""

    @emit()
    async def missed(self, device: str):
        """A neighbour went away."""


DRIVERS = {
    "soil-sensor": SoilSensor,
    "irrigation-pump": IrrigationPump,
    "irrigation-controller": IrrigationController,
}
