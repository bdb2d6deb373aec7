import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  BundleContents,
  BundleJob,
  BundleOrder,
  BundleReceipt,
  BundlesSnapshot,
  FoundBundle,
  HandOver,
  Person,
  ResultsReport,
} from '#shared/contract/bundles.ts'
import type { BundleCalls } from '../../../src/main/router/bundles.ts'
import { ago } from './devices.ts'
import { fakeDrives } from './drives.ts'
import { asError, PROBLEMS } from './problems.ts'
import type { Scenario } from './state.ts'
import { Topic } from './topic.ts'

const DAY_MS = 86_400_000
const OPERATOR = `O${'CX4KQ2M7TRAP5ZW'.repeat(4)}`.slice(0, 56)
const STEPS = ['issuing', 'sealing', 'writing', 'flushing', 'reading-back', 'recording'] as const
const STEP_MS = 700
const FOR_EVER_MS = 2 ** 31 - 1
const TOTAL_BYTES = 184_320
const sha = (letter: string) => `${letter}3f9c1`.repeat(11).slice(0, 64)

/** Bundles as a scripted main makes them: nothing is issued, nothing is written. */
export function fakeBundles(scenario: Scenario): BundleCalls {
  const failing = scenario === 'failing'
  let job: BundleJob | null = failing ? failedJob() : null
  let people = scenario === 'full' ? PEOPLE : []
  let receipts = scenario === 'full' ? RECEIPTS : []
  let running = new AbortController()
  const topic = new Topic<BundlesSnapshot>(() => ({ type: 'snapshot', job, receipts, people }))
  const wrong = () => Promise.reject(asError(PROBLEMS.unreachable))
  const become = (change: Partial<BundleJob>) => {
    if (job !== null) job = { ...job, ...change }
    topic.refresh()
  }
  const perform = async (order: BundleOrder, id: string) => {
    const { signal } = running
    try {
      for (const step of STEPS) {
        if (step === 'writing' && order.destination.kind === 'network') {
          const handOver = handOverOf(order.destination.serverUrl)
          become({ step: 'waiting', handOver })
          await delay(FOR_EVER_MS, undefined, { signal })
        }
        become({ step, totalBytes: TOTAL_BYTES })
        for (let part = 1; part <= 4; part += 1) {
          await delay(STEP_MS / 4, undefined, { signal })
          become({ bytes: (TOTAL_BYTES / 4) * part })
        }
      }
      receipts = [receiptOf(order, id), ...receipts]
      if (order.destination.kind === 'drive' && order.destination.eject) {
        become({ step: 'ejecting' })
        await delay(STEP_MS, undefined, { signal })
        become({ ejection: { state: 'done' } })
      }
      become({ state: 'done', receipt: id, endedAt: ago(0) })
    } catch {
      become({ state: 'cancelled', endedAt: ago(0) })
    }
  }
  return {
    subscribe: topic.subscribe,
    subscribeDrives: fakeDrives(scenario),
    plan: async (choice) => {
      await delay(120)
      if (failing) return wrong()
      const single = choice.kind !== 'devices' && choice.kind !== 'tenant'
      const there =
        choice.kind === 'tenant' && choice.devices.length === 0 ? DEVICES : choice.devices
      const names = single ? [`${choice.tenant}-${choice.kind}`] : [...there, ...choice.newDevices]
      const keep = choice.keys === 'keep' && !single
      const credentials = names.map((name, index) => {
        const isNew = choice.newDevices.includes(name)
        const refuse = keep && (isNew || index === 1)
        const way = refuse ? ('refuse' as const) : keep ? ('keep' as const) : ('issue' as const)
        return {
          name,
          way,
          reason: refuse
            ? 'It has no credential that works, to be kept.'
            : keep
              ? 'The credential as it is, without its private key, which the device keeps.'
              : isNew || single
                ? 'A credential of its own is made for it.'
                : 'Its private key is on the device and nowhere else, so it gets a new credential with a new key. The present one stays good until it is revoked.',
          publicKey: null,
          replaces: !keep && !isNew && !single,
        }
      })
      const count = (way: string) => credentials.filter((one) => one.way === way).length
      const files = credentials.flatMap(({ name, way }) =>
        way === 'refuse' ? [] : [`${choice.tenant}/credentials/${name}.creds.json`],
      )
      const all =
        files.length === 0
          ? []
          : [...files, `${choice.tenant}/tenant-config.env`, `${choice.tenant}/README.md`]
      return {
        credentials,
        counts: {
          repack: 0,
          keep: count('keep'),
          issue: count('issue'),
          refuse: count('refuse'),
        },
        name: `${choice.tenant}-2026-11-22`,
        files: all,
        fileCount: all.length,
        bytes: 16_384 + all.length * 4_096,
      }
    },
    hosts: (kind) => {
      if (failing) throw asError(PROBLEMS.serverMissing)
      const port = kind === 'leaf-node' ? 7422 : 4222
      return [
        { url: `tls://192.168.1.20:${port}`, from: 'mesh', loopback: false },
        { url: `tls://10.0.4.7:${port}`, from: 'network', loopback: false },
      ]
    },
    checkHost: async (url) => {
      await delay(300)
      if (/localhost|127\./u.test(url)) {
        return {
          url,
          state: 'loopback',
          message: 'Answers here, and means “this computer” wherever it is used.',
        }
      }
      return url.includes('10.0')
        ? {
            url,
            state: 'unreachable',
            message:
              'Not reached from this computer: nothing answered within 4 s. It may still be right where the bundle goes.',
          }
        : { url, state: 'reached', message: 'nats-server 2.9.10 answers from this computer.' }
    },
    checkFolder: (path) =>
      Promise.resolve({
        syncedBy: path.includes('Dropbox') ? 'Dropbox' : null,
        freeBytes: 14_812_233_728,
        problem: null,
      }),
    create: (order) => {
      const id = randomUUID()
      running = new AbortController()
      job = {
        id,
        name: order.name,
        state: 'running',
        step: 'issuing',
        credentials: Math.max(1, order.choice.devices.length + order.choice.newDevices.length),
        bytes: 0,
        totalBytes: 0,
        beganAt: ago(0),
        endedAt: null,
        problem: null,
        receipt: null,
        ejection: { state: 'none' },
        handOver: null,
      }
      void perform(order, id)
      return Promise.resolve(job)
    },
    cancel: () => running.abort(),
    servers: () => [
      { url: 'https://192.168.1.20:9444', loopback: false },
      { url: 'https://127.0.0.1:9444', loopback: true },
    ],
    newCode: () => ({
      code: 'K7QF-2MXR',
      command:
        "(umask 077; curl -fsSk --pinnedpubkey 'sha256//9pU3Vn0l7mJqk2cC1m5uQG0Jm7nV3v0v5r1n4Xq8m0k=' -o north-farm-2026-11-22.zip.age 'https://192.168.1.20:9444/take?code=K7QF-2MXR')",
      url: 'https://192.168.1.20:9444',
      fingerprint: sha('f')
        .toUpperCase()
        .replaceAll(/(..)(?=.)/gu, '$1:'),
    }),
    printReceipt: () => Promise.resolve({ type: 'saved', path: '/home/kim/receipt.html' }),
    saveCopy: (_id, name) => Promise.resolve({ type: 'saved', path: `/home/kim/${name}` }),
    dragFile: () => Promise.resolve(),
    receiptsOfKey: () => (scenario === 'full' ? RECEIPTS.slice(0, 1) : []),
    addPerson: (person) => {
      if (!/^age1[a-z0-9]{20,}$/u.test(person.publicKey)) throw asError(PROBLEMS.unreachable)
      const added = { ...person, id: randomUUID(), addedAt: ago(0), usedAt: null }
      people = [...people, added]
      topic.refresh()
      return added
    },
    removePerson: (id) => {
      people = people.filter((person) => person.id !== id)
      topic.refresh()
    },
    open: async (path) => {
      await delay(400)
      return failing ? wrong() : contentsOf(path)
    },
    importConnection: () => Promise.resolve({ connection: 'remote-1' }),
    exportResults: () =>
      Promise.resolve({ type: 'saved', path: '/media/kim/KINGSTON/field-results-2026-11-22.json' }),
    lookAtResults: async (path) => {
      await delay(200)
      return failing ? wrong() : resultsOf(path)
    },
    takeResults: () => Promise.resolve({ added: 3 }),
    find: async () => {
      await delay(300)
      return scenario === 'full' ? FOUND : []
    },
    wipe: (_path, bundles) => Promise.resolve({ wiped: [...bundles], failed: [] }),
  }
}

const DEVICES = ['climate-07', 'gate-01', 'pump-north-1', 'pump-north-2', 'soil-014']

const PEOPLE: Person[] = [
  {
    id: 'p1',
    name: 'Amira Haddad, North Farm',
    publicKey: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    note: 'Checked by telephone',
    addedAt: ago(40 * DAY_MS),
    usedAt: ago(2 * DAY_MS),
  },
  {
    id: 'p2',
    name: 'Site office',
    publicKey: 'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
    note: 'The key is on the card in the safe',
    addedAt: ago(12 * DAY_MS),
    usedAt: null,
  },
]

const RECEIPTS: BundleReceipt[] = [
  {
    id: 'r1',
    at: ago(2 * DAY_MS),
    by: 'kim@thinkpad',
    kind: 'tenant',
    tenant: 'north-farm',
    name: 'north-farm-2026-11-20',
    credentials: 41,
    issued: 41,
    urls: ['tls://mesh.north-farm.example:4222'],
    sealing: 'people',
    people: ['Amira Haddad, North Farm'],
    destination: {
      kind: 'drive',
      label: 'KINGSTON 16 GB',
      path: '/media/kim/KINGSTON',
      serial: '60A44C413FC0F311',
      fileSystem: 'exFAT',
      syncedBy: null,
      readFrom: 'medium',
    },
    files: [
      {
        name: 'north-farm-2026-11-20.zip.age',
        path: '/media/kim/KINGSTON/north-farm-2026-11-20.zip.age',
        bytes: 148_212,
        sha256: sha('a'),
      },
      {
        name: 'north-farm-2026-11-20.README.txt',
        path: '/media/kim/KINGSTON/north-farm-2026-11-20.README.txt',
        bytes: 1_204,
        sha256: sha('b'),
      },
    ],
    manifestSha256: sha('c'),
    signedBy: OPERATOR,
    expiresAt: ago(-88 * DAY_MS),
    names: DEVICES,
  },
  {
    id: 'r2',
    at: ago(9 * DAY_MS),
    by: 'kim@thinkpad',
    kind: 'collector',
    tenant: 'research',
    name: 'research-collector-2026-11-13',
    credentials: 1,
    issued: 1,
    urls: ['tls://192.168.1.20:4222'],
    sealing: 'plain',
    people: [],
    destination: {
      kind: 'folder',
      label: '/home/kim/collectors',
      path: '/home/kim/collectors',
      serial: null,
      fileSystem: null,
      syncedBy: null,
    },
    files: [
      {
        name: 'research-collector-2026-11-13.tar.gz',
        path: '/home/kim/collectors/research-collector-2026-11-13.tar.gz',
        bytes: 6_148,
        sha256: sha('d'),
      },
    ],
    manifestSha256: sha('e'),
    signedBy: OPERATOR,
    expiresAt: ago(-81 * DAY_MS),
    names: ['research-collector'],
  },
]

const FOUND: FoundBundle[] = [
  {
    path: '/media/kim/KINGSTON/north-farm-2026-11-20.zip.age',
    name: 'north-farm-2026-11-20.zip.age',
    kind: 'sealed',
    bytes: 148_212,
    changedAt: ago(2 * DAY_MS),
    receipt: 'r1',
  },
  {
    path: '/media/kim/KINGSTON/north-farm-2026-11-20.README.txt',
    name: 'north-farm-2026-11-20.README.txt',
    kind: 'beside',
    bytes: 1_204,
    changedAt: ago(2 * DAY_MS),
    receipt: null,
  },
  {
    path: '/media/kim/KINGSTON/unpacked',
    name: 'unpacked',
    kind: 'folder',
    bytes: 0,
    changedAt: ago(30 * DAY_MS),
    receipt: null,
  },
]

function contentsOf(path: string): BundleContents {
  return {
    path,
    name: path.split('/').at(-1) ?? path,
    sealed: true,
    kind: 'tenant',
    tenant: 'north-farm',
    dialect: 'device-connect',
    createdAt: ago(2 * DAY_MS),
    expiresAt: ago(-88 * DAY_MS),
    urls: ['tls://mesh.north-farm.example:4222'],
    operator: { name: 'muster', publicKey: OPERATOR },
    signedBy: OPERATOR,
    origin: 'ours',
    signer: { state: 'current', retiredAt: null },
    files: DEVICES.map((name, index) => ({
      path: `north-farm/credentials/${name}.creds.json`,
      purpose: 'credential',
      bytes: 1_700 + index,
      sha256: sha(String(index)),
      expiresAt: ago(-88 * DAY_MS),
    })),
    credentials: DEVICES.map((name, index) => ({
      name,
      publicKey: `U${String(index)}${'X4KQ2M7TRAP5ZWC'.repeat(4)}`.slice(0, 56),
      account: `A${'X4KQ2M7TRAP5ZWC'.repeat(4)}`.slice(0, 56),
      role: 'device',
      key: index !== 2,
      expiresAt: ago(-88 * DAY_MS),
      state: index === 1 ? 'revoked' : 'active',
    })),
    importable: true,
  }
}

function receiptOf(
  { choice, name, urls, sealing, destination }: BundleOrder,
  id: string,
): BundleReceipt {
  const base = RECEIPTS[1] as BundleReceipt
  return {
    ...base,
    id,
    at: ago(0),
    kind: choice.kind,
    tenant: choice.tenant,
    name,
    urls,
    sealing: sealing.kind,
    destination: placeOf(destination, base.destination),
    credentials: Math.max(1, choice.devices.length + choice.newDevices.length),
  }
}

function placeOf(
  choice: BundleOrder['destination'],
  base: BundleReceipt['destination'],
): BundleReceipt['destination'] {
  switch (choice.kind) {
    case 'folder':
      return { ...base, label: choice.path, path: choice.path }
    case 'drive':
      return { ...(RECEIPTS[0] as BundleReceipt).destination }
    case 'network':
      return { ...base, kind: 'network', label: '192.168.1.31', path: null }
  }
}

function resultsOf(path: string): ResultsReport {
  const verdicts = ['contradicts', 'new', 'new', 'new', 'known'] as const
  const reasons = {
    contradicts: 'Its key is that of pump-north-9 here.',
    new: 'New.',
    known: 'It is in the ledger already.',
  }
  return {
    path,
    id: 'results-1',
    createdAt: ago(3_600_000),
    by: 'sam@field-laptop',
    devices: DEVICES.map((deviceId, index) => ({
      deviceId,
      tenant: 'north-farm',
      publicKey: `U${String(index)}${'X4KQ2M7TRAP5ZWC'.repeat(4)}`.slice(0, 56),
      issuedAt: ago(7_200_000),
      verdict: verdicts[index] ?? 'new',
      reason: reasons[verdicts[index] ?? 'new'],
    })),
    counts: { new: 3, known: 1, contradicts: 1 },
  }
}

function handOverOf(url: string): HandOver {
  return {
    url,
    until: ago(-9.4 * 60_000),
    from: null,
    wrongCodes: 2,
    wrongFrom: '192.168.1.77',
    problem: null,
  }
}

function failedJob(): BundleJob {
  return {
    id: 'failed',
    name: 'north-farm-2026-11-22',
    state: 'failed',
    step: 'reading-back',
    credentials: 41,
    bytes: 98_304,
    totalBytes: TOTAL_BYTES,
    beganAt: ago(60_000),
    endedAt: ago(42_000),
    problem: {
      code: 'BUNDLE_READ_BACK',
      kind: 'rejected',
      message:
        'north-farm-2026-11-22.zip.age was written and did not read back the same: the medium is damaged or not what it says. It was removed.',
      advice: 'Use another stick or disk.',
      details: {},
    },
    receipt: null,
    ejection: { state: 'none' },
    handOver: null,
  }
}
