import { z } from 'zod'
import { DEVICE_KINDS } from './devices/catalog.ts'

const ReplyFault = z.enum([
  'malformed',
  'huge',
  'never-ending',
  'stalled',
  'redirect',
  'server-error',
  'dies',
])

const Faults = z.strictObject({
  info: ReplyFault.exactOptional(),
  infoDeviceId: z.string().exactOptional(),
  infoNkey: z.string().exactOptional(),
  infoDelayMs: z.number().min(0).exactOptional(),
  commission: z
    .enum([
      ...ReplyFault.options,
      'refused',
      'dies-before-taking',
      'dies-after-taking',
      'never-online',
    ])
    .exactOptional(),
  commissionDelayMs: z.number().min(0).exactOptional(),
  redirectTo: z.string().exactOptional(),
  hostileText: z.boolean().exactOptional(),
  txt: z.record(z.string(), z.string()).exactOptional(),
})

/** `updateCredentials` is offered, with or without a fault; not offered where it is left out. */
const UpdatesCredentials = z.union([
  z.boolean(),
  z.enum(['refuses', 'dies-before-answer', 'dies-after-answer', 'stays-away']),
])

const FleetDevice = z.strictObject({
  kind: z.enum(DEVICE_KINDS),
  /** A credential file; its `device_id` names the device. */
  credentials: z.record(z.string(), z.unknown()),
  /** The device's own key, where the credentials hold none. */
  seed: z.string().exactOptional(),
  updatesCredentials: UpdatesCredentials.exactOptional(),
})

const UncommissionedDevice = z.strictObject({
  kind: z.enum(DEVICE_KINDS),
  deviceId: z.string().min(1),
  pin: z.string(),
  /** Logarithm of bcrypt's rounds; 12 unless told. */
  bcryptCost: z.int().min(4).max(15).exactOptional(),
  /** Any free port unless told. */
  port: z.int().min(0).max(65_535).exactOptional(),
  /** Where HTTP listens and what the advertisement says; loopback unless told. */
  host: z.ipv4().exactOptional(),
  /** False for a device that tells no key. */
  reportsKey: z.boolean().exactOptional(),
  /** False for one that can only be reached by its address. */
  advertised: z.boolean().exactOptional(),
  /** Folder that keeps identity and credentials over a restart. */
  folder: z.string().exactOptional(),
  faults: Faults.exactOptional(),
  updatesCredentials: UpdatesCredentials.exactOptional(),
})

/** What a simulator process runs. Holds secrets: it goes over IPC or in a file of mode 0600. */
export const SimulatorPlan = z.strictObject({
  dialect: z.enum(['device-connect', 'fabric']).default('device-connect'),
  /** The same seed gives the same course of values. */
  seed: z.int().default(1),
  /** How much faster than the clock the devices live. */
  speed: z.number().positive().default(1),
  ttlSeconds: z.int().positive().default(15),
  startupJitterMs: z.int().min(0).default(0),
  /** Local IPv4 address of the interface for mDNS; loopback unless told. */
  mdnsInterface: z.ipv4().default('127.0.0.1'),
  mdnsPort: z.int().positive().default(5353),
  fleet: z.array(FleetDevice).default([]),
  uncommissioned: z.array(UncommissionedDevice).default([]),
})

export type SimulatorPlan = z.infer<typeof SimulatorPlan>

/** A plan as it is written: everything with a default may be left out. */
export type SimulatorPlanInput = z.input<typeof SimulatorPlan>

/** What the process tells its parent. Never a seed, a PIN or a JWT. */
export type SimulatorReport =
  | {
      readonly type: 'ready'
      readonly devices: readonly {
        readonly deviceId: string
        readonly kind: string
        /** HTTP port of one that waits to be commissioned. */
        readonly port?: number
        /** Its public key, as a label would carry it. */
        readonly publicKey?: string
      }[]
    }
  | { readonly type: 'state'; readonly deviceId: string; readonly state: string }
  | { readonly type: 'commissioned'; readonly deviceId: string }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'stopped' }
