import { eventIterator, Instant, Problem, procedure, SavedFile, WireName, z } from './common.ts'

/** What a bundle is for; each kind has a layout of its own. */
export const BundleKind = z.enum(['devices', 'tenant', 'collector', 'context', 'leaf-node'])
export type BundleKind = z.infer<typeof BundleKind>

/** Programs that go along, ready to run. */
export const StarterName = z.enum(['device-python', 'device-typescript', 'greenhouse', 'agent'])
export type StarterName = z.infer<typeof StarterName>

/** Device keys never pass Muster, so what is handed over either brings a new one or leaves it out. */
export const KeyPolicy = z.enum(['new', 'keep'])
export type KeyPolicy = z.infer<typeof KeyPolicy>

const MAX_CREDENTIALS = 10_000

export const BundleChoice = z.strictObject({
  kind: BundleKind,
  tenant: WireName,
  /** Ids of devices; for the kind `tenant` none means all that have a credential. */
  devices: z.array(WireName).max(MAX_CREDENTIALS),
  /** `new`: each gets a new key, which is in the bundle only. `keep`: the credential without its key. */
  keys: KeyPolicy,
  /** Folder on this computer with `*.creds.json` of these devices, keys included; empty for none. */
  credentialFolder: z.string().max(4_096),
  /** Names of further devices, which are not there yet. */
  newDevices: z.array(WireName).max(MAX_CREDENTIALS),
  /** Devices that made their key themselves: the credential is issued for it, without a private key. */
  deviceKeys: z
    .array(z.strictObject({ device: WireName, publicKey: z.string().regex(/^U[A-Z2-7]{55}$/u) }))
    .max(MAX_CREDENTIALS)
    .optional(),
  validDays: z.int().min(1).max(3_650),
  /** Also as `NAME.creds`, which NATS tools read. */
  alsoCreds: z.boolean(),
  /** Certificate authority inside of each credential, or as a file beside them too. */
  certificates: z.enum(['inline', 'files']),
  starters: z.array(StarterName).max(8),
})
export type BundleChoice = z.infer<typeof BundleChoice>

/**
 * What becomes of one credential. `repack`: its key is in the folder; `keep`: as it is, without its key;
 * `issue`: new, with a new key; `refuse`: can not be handed over.
 */
export const PlannedCredential = z.strictObject({
  name: z.string(),
  way: z.enum(['repack', 'keep', 'issue', 'refuse']),
  /** Why, for the person. */
  reason: z.string(),
  publicKey: z.string().nullable(),
  /** Whether another credential of this device goes on being good beside the new one. */
  replaces: z.boolean(),
})
export type PlannedCredential = z.infer<typeof PlannedCredential>

export const BundlePlan = z.strictObject({
  /** The first of them. */
  credentials: z.array(PlannedCredential),
  counts: z.strictObject({
    repack: z.int(),
    keep: z.int(),
    issue: z.int(),
    refuse: z.int(),
  }),
  /** Suggested name of the file, without its ending. */
  name: z.string(),
  /** Files of the bundle, the first of them. */
  files: z.array(z.string()),
  fileCount: z.int(),
  /** About what it will take where it goes. */
  bytes: z.number(),
})
export type BundlePlan = z.infer<typeof BundlePlan>

/** An address under which the receiving side may reach the mesh. */
export const HostCandidate = z.strictObject({
  url: z.string(),
  /** Where it was found. */
  from: z.enum(['mesh', 'network', 'leaf-node']),
  loopback: z.boolean(),
})
export type HostCandidate = z.infer<typeof HostCandidate>

export const HostCheck = z.strictObject({
  url: z.string(),
  state: z.enum(['reached', 'unreachable', 'not-nats', 'loopback', 'invalid']),
  /** What was seen, and what it means. */
  message: z.string(),
})
export type HostCheck = z.infer<typeof HostCheck>

/** Secrets travel in only. */
const Passphrase = z.string().min(10).max(1024)
const Keyhole = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('passphrase'), passphrase: z.string().min(1).max(1024) }),
  z.strictObject({ kind: z.literal('identity'), identity: z.string().min(1).max(4096) }),
])
export type BundleKeyhole = z.infer<typeof Keyhole>

export const BundleSealing = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passphrase'), passphrase: Passphrase }),
  /** Ids of the address book. */
  z.strictObject({ kind: z.literal('people'), people: z.array(z.string()).min(1).max(32) }),
  /** Open for everybody who finds it; the person said so. */
  z.strictObject({ kind: z.literal('plain'), confirmed: z.literal(true) }),
])
export type BundleSealing = z.infer<typeof BundleSealing>

const FolderPath = z.string().min(1).max(4_096)

export const DestinationChoice = z.discriminatedUnion('kind', [
  /** `allowSynced`: the person knows that the folder is copied to other computers. */
  z.strictObject({ kind: z.literal('folder'), path: FolderPath, allowSynced: z.boolean() }),
  /** A removable drive, by its id. `eject`: let go of it once the bundle is on it. */
  z.strictObject({ kind: z.literal('drive'), id: z.string().min(1).max(128), eject: z.boolean() }),
  /** Fetched from this computer, once, by whoever has the code. */
  z.strictObject({
    kind: z.literal('network'),
    /** `https://host:port` under which this computer is reached. */
    serverUrl: z.string().min(1).max(512),
    minutes: z
      .int()
      .min(1)
      .max(24 * 60),
    /** The receiving side is this very computer. */
    allowLoopback: z.boolean(),
  }),
])
export type DestinationChoice = z.infer<typeof DestinationChoice>

/** A volume on a drive that can be taken away. */
export const Drive = z.strictObject({
  /** Stays with it, wherever it is mounted. */
  id: z.string(),
  /** What its owner called it, else what it is. */
  name: z.string(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  /** As people call it, such as exFAT; null where there is none. */
  fileSystem: z.string().nullable(),
  bytes: z.number(),
  /** Null where it is not mounted. */
  freeBytes: z.number().nullable(),
  /** Where it is mounted. */
  path: z.string().nullable(),
  /** `blank`: nothing on it that this computer can read. */
  state: z.enum(['ready', 'read-only', 'not-mounted', 'blank']),
  /** Whether its file system knows who may read a file. */
  keepsPermissions: z.boolean(),
})
export type Drive = z.infer<typeof Drive>

const DrivesSnapshot = z.strictObject({
  type: z.literal('snapshot'),
  drives: z.array(Drive),
  /** Why they are not known. */
  problem: Problem.nullable(),
})
export type DrivesSnapshot = z.infer<typeof DrivesSnapshot>

export const FolderCheck = z.strictObject({
  /** What copies the folder elsewhere, such as Dropbox; null where nothing that is known does. */
  syncedBy: z.string().nullable(),
  freeBytes: z.number().nullable(),
  problem: Problem.nullable(),
})
export type FolderCheck = z.infer<typeof FolderCheck>

export const BundleOrder = z.strictObject({
  choice: BundleChoice,
  /** Name of the file, without its ending. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u, 'Use letters, digits, dots and dashes.'),
  /** Where the receiving side reaches the mesh, the first choice first. */
  urls: z.array(z.string().min(1).max(512)).min(1).max(16),
  /** The bundle is for this very computer. */
  allowLoopback: z.boolean(),
  sealing: BundleSealing,
  destination: DestinationChoice,
})
export type BundleOrder = z.infer<typeof BundleOrder>

export const BundleStep = z.enum([
  'issuing',
  'sealing',
  'writing',
  'flushing',
  'reading-back',
  /** Until somebody fetches it. */
  'waiting',
  'recording',
  'ejecting',
])
export type BundleStep = z.infer<typeof BundleStep>

/** A bundle that waits on the network to be fetched. Its code is not in here. */
export const HandOver = z.strictObject({
  /** `https://host:port`. */
  url: z.string(),
  /** Null until the bundle is made. */
  until: Instant.nullable(),
  /** Address that fetches it just now, or did. */
  from: z.string().nullable(),
  /** How often somebody showed a wrong code, and who did last. */
  wrongCodes: z.int(),
  wrongFrom: z.string().nullable(),
  /** Why it did not arrive at the last one with the right code. */
  problem: Problem.nullable(),
})
export type HandOver = z.infer<typeof HandOver>

/** What goes to the receiving side. It is told this once; Muster keeps a hash of the code. */
export const HandOverTicket = z.strictObject({
  /** To be read out. */
  code: z.string(),
  /** One line for a shell that fetches it. */
  command: z.string(),
  /** Address for a browser, which asks for the code. */
  url: z.string(),
  /** SHA-256 of the server's certificate, as browsers show it. */
  fingerprint: z.string(),
})
export type HandOverTicket = z.infer<typeof HandOverTicket>

/** What became of the wish to pull the drive. The bundle is on it either way. */
const Ejection = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({ state: z.literal('done') }),
  z.strictObject({ state: z.literal('failed'), problem: Problem }),
])

export const BundleJob = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  step: BundleStep,
  credentials: z.int(),
  bytes: z.number(),
  totalBytes: z.number(),
  beganAt: Instant,
  endedAt: Instant.nullable(),
  problem: Problem.nullable(),
  /** Id of the receipt, once it is done. */
  receipt: z.string().nullable(),
  ejection: Ejection,
  /** Where it is fetched from this computer; null where it is written somewhere. */
  handOver: HandOver.nullable(),
})
export type BundleJob = z.infer<typeof BundleJob>

/** What left this computer: when, where to, by whom, for whom. Nothing secret. */
export const BundleReceipt = z.strictObject({
  id: z.string(),
  at: Instant,
  /** User of the operating system, and the computer's name. */
  by: z.string(),
  kind: BundleKind,
  tenant: z.string(),
  name: z.string(),
  credentials: z.int(),
  /** Of these, how many were issued for it. */
  issued: z.int(),
  urls: z.array(z.string()),
  sealing: z.enum(['passphrase', 'people', 'plain']),
  /** To whom it was sealed. */
  people: z.array(z.string()),
  destination: z.strictObject({
    kind: z.enum(['folder', 'drive', 'network']),
    label: z.string(),
    path: z.string().nullable(),
    serial: z.string().nullable(),
    fileSystem: z.string().nullable(),
    syncedBy: z.string().nullable(),
    /** Where what was compared came from: the medium, or what the system remembered of it. */
    readFrom: z.enum(['medium', 'cache']).optional(),
  }),
  files: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string().nullable(),
      bytes: z.number(),
      sha256: z.string(),
    }),
  ),
  /** SHA-256 of the signed manifest. */
  manifestSha256: z.string(),
  /** Public key that signed it. */
  signedBy: z.string(),
  expiresAt: Instant.nullable(),
  /** Names of the credentials, the first of them. */
  names: z.array(z.string()),
})
export type BundleReceipt = z.infer<typeof BundleReceipt>

/** Somebody whom bundles can be sealed to. */
export const Person = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** Public key of age (`age1…`). */
  publicKey: z.string(),
  note: z.string(),
  addedAt: Instant,
  /** When a bundle was sealed to it last. */
  usedAt: Instant.nullable(),
})
export type Person = z.infer<typeof Person>

/** A bundle that was looked into. No seed, no JWT. */
export const BundleContents = z.strictObject({
  path: z.string(),
  name: z.string(),
  sealed: z.boolean(),
  /** The manifest's words, once the signature and every hash were found to fit. */
  kind: BundleKind,
  tenant: z.string(),
  dialect: z.enum(['device-connect', 'fabric']),
  createdAt: Instant,
  expiresAt: Instant.nullable(),
  urls: z.array(z.string()),
  operator: z.strictObject({ name: z.string(), publicKey: z.string() }),
  signedBy: z.string(),
  /** `ours`: this profile's operator; `other`: genuine, of an operator that is not this profile's. */
  origin: z.enum(['ours', 'other']),
  /**
   * What this profile knows of the key that signed it: `retired` was removed since, `unknown` is on no record;
   * for another operator's always `unknown`.
   */
  signer: z.strictObject({
    state: z.enum(['current', 'retired', 'unknown']),
    retiredAt: Instant.nullable(),
  }),
  files: z.array(
    z.strictObject({
      path: z.string(),
      purpose: z.string(),
      bytes: z.number(),
      sha256: z.string(),
      expiresAt: Instant.nullable(),
    }),
  ),
  credentials: z.array(
    z.strictObject({
      name: z.string(),
      publicKey: z.string(),
      account: z.string(),
      role: z.string(),
      /** Whether the private key is in the bundle. */
      key: z.boolean(),
      expiresAt: Instant.nullable(),
      /** What this profile's ledger says of it; null where it does not know it. */
      state: z.string().nullable(),
    }),
  ),
  /** Whether a connection can be made of it. */
  importable: z.boolean(),
})
export type BundleContents = z.infer<typeof BundleContents>

/** A device of somebody's field work, beside what is known here. */
export const JudgedDevice = z.strictObject({
  deviceId: z.string(),
  tenant: z.string(),
  publicKey: z.string(),
  issuedAt: Instant,
  verdict: z.enum(['new', 'known', 'contradicts']),
  reason: z.string(),
})
export type JudgedDevice = z.infer<typeof JudgedDevice>

/** Results of field work whose signature fits. */
export const ResultsReport = z.strictObject({
  path: z.string(),
  id: z.string(),
  createdAt: Instant,
  by: z.string(),
  /** The first of them, those that contradict before all. */
  devices: z.array(JudgedDevice),
  counts: z.strictObject({ new: z.int(), known: z.int(), contradicts: z.int() }),
})
export type ResultsReport = z.infer<typeof ResultsReport>

export const TakenResults = z.strictObject({ added: z.int() })
export type TakenResults = z.infer<typeof TakenResults>

export const FoundBundle = z.strictObject({
  path: z.string(),
  name: z.string(),
  /** `part`: half written, by an export that was cut off. */
  kind: z.enum(['sealed', 'plain', 'folder', 'beside', 'part']),
  bytes: z.number(),
  changedAt: Instant,
  /** Receipt of this profile that it is, by its hash. */
  receipt: z.string().nullable(),
})
export type FoundBundle = z.infer<typeof FoundBundle>

export const WipeResult = z.strictObject({
  wiped: z.array(z.string()),
  failed: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
})
export type WipeResult = z.infer<typeof WipeResult>

const BundlesSnapshot = z.strictObject({
  type: z.literal('snapshot'),
  /** The one under way, or the last. */
  job: BundleJob.nullable(),
  /** The newest first. */
  receipts: z.array(BundleReceipt),
  people: z.array(Person),
})
export type BundlesSnapshot = z.infer<typeof BundlesSnapshot>

const Bundle = z.strictObject({ path: FolderPath, keyhole: Keyhole })
const ById = z.strictObject({ id: z.string() })
const FileOfReceipt = z.strictObject({ id: z.string(), name: z.string().max(255) })

export const bundles = {
  watch: procedure.output(eventIterator(BundlesSnapshot)),
  /** Removable drives, as they come and go. */
  watchDrives: procedure.output(eventIterator(DrivesSnapshot)),
  plan: procedure.input(BundleChoice).output(BundlePlan),
  hosts: procedure.input(z.strictObject({ kind: BundleKind })).output(z.array(HostCandidate)),
  checkHost: procedure.input(z.strictObject({ url: z.string().max(512) })).output(HostCheck),
  checkFolder: procedure.input(z.strictObject({ path: FolderPath })).output(FolderCheck),
  create: procedure.input(BundleOrder).output(BundleJob),
  cancel: procedure.input(ById).output(z.null()),
  /** Addresses of this computer under which a bundle could be fetched. */
  servers: procedure.output(z.array(z.strictObject({ url: z.string(), loopback: z.boolean() }))),
  /** A code for the bundle that waits to be fetched; the one before is dead with it. */
  newCode: procedure.input(ById).output(HandOverTicket),
  /** A page to print. */
  printReceipt: procedure.input(ById).output(SavedFile),
  /** A copy of a file that was handed over in a folder, where it is still what its receipt tells. */
  saveCopy: procedure.input(FileOfReceipt).output(SavedFile),
  /** Goes on with a drag that began in the window; for a host with a desktop. */
  dragFile: procedure.input(FileOfReceipt).output(z.null()),
  /** Receipts of what a credential's key went out with, the newest first. */
  receiptsOfKey: procedure
    .input(z.strictObject({ publicKey: z.string().max(64) }))
    .output(z.array(BundleReceipt)),
  addPerson: procedure
    .input(
      z.strictObject({
        name: z.string().trim().min(1).max(128),
        publicKey: z.string().trim().min(1).max(4_096),
        note: z.string().trim().max(500),
      }),
    )
    .output(Person),
  removePerson: procedure.input(ById).output(z.null()),
  /** Verifies a bundle and tells what is in it. */
  open: procedure.input(Bundle).output(BundleContents),
  /** Saves a bundle's login as a connection; its files stay as they are. */
  importConnection: procedure
    .input(
      z.strictObject({
        path: FolderPath,
        keyhole: Keyhole,
        /** Public key of the credential to take. */
        publicKey: z.string().max(64),
        connectionName: z.string().min(1).max(64),
      }),
    )
    .output(z.strictObject({ connection: z.string() })),
  /** Saves what was commissioned here in the last days, for the Muster that keeps the books. */
  exportResults: procedure
    .input(z.strictObject({ days: z.int().min(1).max(3_650) }))
    .output(SavedFile),
  lookAtResults: procedure.input(z.strictObject({ path: FolderPath })).output(ResultsReport),
  /** Puts what is new in them into the ledger. */
  takeResults: procedure
    .input(z.strictObject({ path: FolderPath, id: z.string().max(64) }))
    .output(TakenResults),
  /** Bundles in a folder and below it. */
  find: procedure.input(z.strictObject({ path: FolderPath })).output(z.array(FoundBundle)),
  /** Overwrites and deletes them. */
  wipe: procedure
    .input(
      z.strictObject({
        path: FolderPath,
        bundles: z.array(z.string().max(4_096)).min(1).max(1_000),
        typed: z.literal('wipe'),
      }),
    )
    .output(WipeResult),
}
