import type { DiscoveredDevice } from '#shared/contract/discovery.ts'
import type {
  DeviceFunction,
  DevicePresence,
  DeviceRecord,
  FleetDevice,
} from '#shared/contract/fleet.ts'

const MINUTE_MS = 60_000

export function ago(milliseconds: number): string {
  return new Date(Date.now() - milliseconds).toISOString()
}

const KINDS = [
  { type: 'soil_sensor', maker: 'Terrasense', model: 'TS-2 Duo', firmware: '2.4.1' },
  { type: 'irrigation_pump', maker: 'Hydrix', model: 'P-400', firmware: '1.9.0' },
  { type: 'climate_controller', maker: 'Northwind', model: 'CC Pro', firmware: '5.0.3-rc.1' },
  { type: 'door_lock', maker: 'Latchworks', model: 'L8', firmware: '3.2.7' },
  { type: 'camera', maker: 'Optika', model: 'Dome 4K', firmware: '8.11.2' },
] as const

const PLACES = ['Greenhouse A, bay 3', 'Greenhouse A, bay 7', 'Cold store', 'Gate 2', 'Roof', null]
const TENANTS = ['north-farm', 'south-farm', 'research', 'default'] as const

/** Devices that wait on the network; the last ones are what a technician must not be fooled by. */
export function waitingDevices(count: number): DiscoveredDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? KINDS[0]
    const number = String(index + 1).padStart(3, '0')
    return {
      key: `mdns:${number}`,
      deviceId: `${kind.type.replaceAll('_', '-')}-${number}`,
      deviceType: kind.type,
      state: 'uncommissioned',
      host: `dev-${number}.local`,
      port: 5540,
      addresses: [`192.168.1.${30 + index}`, `fe80::21b:${number}`],
      interfaces: ['eth0'],
      source: 'mdns' as const,
      reachable: true,
      conflict: false,
      firstSeenAt: ago(10 * MINUTE_MS),
      lastSeenAt: ago(index * 7_000),
    }
  })
}

/** Devices with what hostile or unlucky ones send: markup, other scripts, no addresses. */
export function oddDevices(): DiscoveredDevice[] {
  const [base] = waitingDevices(1)
  if (base === undefined) return []
  return [
    { ...base, key: 'odd:1', deviceId: '<img-src=x-onerror=alert(1)>', deviceType: '<b>bold</b>' },
    {
      ...base,
      key: 'odd:2',
      deviceId: 'חיישן-לחות-12',
      deviceType: 'حساس الرطوبة',
      conflict: true,
    },
    {
      ...base,
      key: 'odd:3',
      deviceId: 'x'.repeat(120),
      deviceType: null,
      reachable: false,
      source: 'address',
      addresses: ['2001:db8:85a3::8a2e:370:7334'],
    },
  ]
}

/** A fleet of any size, the same each time. */
export function fleetDevices(count: number): FleetDevice[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? KINDS[0]
    const state = index % 47 === 11 ? 'offline' : index % 211 === 7 ? 'pending' : 'online'
    return {
      tenant: TENANTS[index % 4] ?? 'default',
      deviceId: `${kind.type.replaceAll('_', '-')}-${String(index + 1).padStart(5, '0')}`,
      deviceType: kind.type,
      manufacturer: kind.maker,
      model: kind.model,
      firmwareVersion: kind.firmware,
      location: PLACES[index % PLACES.length] ?? null,
      availability: state === 'online' ? 'available' : null,
      busyScore: state === 'online' ? (index % 100) / 100 : null,
      battery: index % 3 === 0 ? 100 - (index % 90) : null,
      errorState: index % 97 === 5 ? 'pump dry: no flow for 30 s' : null,
      functionCount: 3,
      eventCount: 2,
      state,
      since: ago((index % 300) * MINUTE_MS),
      lastSeenAt:
        state === 'pending'
          ? null
          : ago(state === 'online' ? (index % 5) * 1_000 : 40 * MINUTE_MS + index * 900),
      ttlSeconds: 15,
      registeredAt: state === 'pending' ? null : ago(30 * 24 * 60 * MINUTE_MS),
      presence: state === 'pending' ? null : presenceAt(index, state),
    }
  })
}

/** Some come and go, the clock of some is off. */
function presenceAt(index: number, state: 'online' | 'offline'): DevicePresence {
  const flaps = index % 31 === 1
  return {
    reason: state === 'online' ? 'heard' : index % 2 === 0 ? 'unheard-since-restart' : 'silent',
    beatSeconds: 5,
    missedBeats: flaps ? 7 : 0,
    skewMs: index % 23 === 1 ? -40_000 : 12,
    reconnects: flaps ? 6 : index % 4,
    flappingUntil: flaps ? ago(-7 * MINUTE_MS) : null,
  }
}

const FUNCTIONS: DeviceFunction[] = [
  {
    name: 'set_flow',
    description: 'Opens the valve to a flow in litres a minute for some time.',
    parameters: {
      type: 'object',
      required: ['litres_per_minute', 'mode'],
      properties: {
        litres_per_minute: { type: 'number', title: 'Litres a minute', minimum: 0, maximum: 40 },
        seconds: {
          type: 'integer',
          title: 'Seconds',
          minimum: 1,
          default: 30,
          description: 'Closes by itself after this.',
        },
        mode: {
          type: 'string',
          title: 'Mode',
          enum: ['normal', 'pulse', 'drip'],
          default: 'normal',
        },
        zones: { type: 'array', title: 'Zones', items: { type: 'string' } },
        dry_run: { type: 'boolean', title: 'Dry run' },
      },
    },
    tags: ['actuator'],
  },
  {
    name: 'read_moisture',
    description: 'Reads the soil moisture now.',
    parameters: { type: 'object', properties: {} },
    tags: [],
  },
  {
    name: 'fail_please',
    description: 'Answers with an error, to see what that looks like. '.repeat(3).trim(),
    parameters: { type: 'object', properties: { code: { type: 'integer' } } },
    tags: [],
  },
]

/** The record that belongs to a device of `fleetDevices`. */
export function recordOf(device: FleetDevice): DeviceRecord {
  const identity = {
    device_type: device.deviceType,
    manufacturer: device.manufacturer,
    model: device.model,
    firmware_version: device.firmwareVersion,
    serial_number: `SN-${device.deviceId.slice(-5)}-7F`,
    arch: 'arm64',
    commissioning_comment: 'Installed by the west door, second shelf.',
  }
  const status = {
    ts: Date.now() / 1000,
    location: device.location,
    availability: device.availability,
    uptime_s: 81_234,
    rssi_dbm: -61,
  }
  const events = [
    { name: 'moisture', description: 'Each new reading.', payloadSchema: null, tags: [] },
    { name: 'flow_changed', description: 'The valve moved.', payloadSchema: null, tags: [] },
  ]
  const labels = { room: 'A3', crop: ['tomato', 'basil'] }
  return {
    tenant: device.tenant,
    deviceId: device.deviceId,
    description: 'Pump of the drip line, with a flow meter and a dry-run guard.',
    functions: FUNCTIONS,
    events,
    identity,
    status,
    labels,
    raw: JSON.stringify(
      {
        device_id: device.deviceId,
        device_ttl: 15,
        identity,
        status,
        capabilities: { description: '', functions: FUNCTIONS, events, labels },
        registry: {
          device_registration_id: '0c5f6a4e-6d0e-4b6e-9f57-0c3f6f0f1a11',
          registered_at: device.registeredAt,
        },
      },
      null,
      2,
    ),
  }
}
