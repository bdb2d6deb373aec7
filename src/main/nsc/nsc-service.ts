import { randomUUID } from 'node:crypto'
import { homedir } from 'node:os'
import type {
  NscExport,
  NscExportPlan,
  NscFinding,
  NscFindingGroup,
  NscImport,
  NscLocation,
  NscOperator,
  NscScan,
} from '#shared/contract/nsc.ts'
import { ConflictError, RejectedError, toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { requireOperator } from '../authority/account-changes.ts'
import { ownPath } from '../paths/own-path.ts'
import type { Procedure, Procedures } from '../steps/procedures.ts'
import { exportStore, type ExportedKeys } from './export-store.ts'
import { obstacleTo } from './import-obstacles.ts'
import { planImport, type ImportPlan } from './import-plan.ts'
import {
  importProcedure,
  NOTHING_MADE,
  NSC_IMPORT,
  type ImportParts,
  type ImportState,
} from './import-procedure.ts'
import { existingLocations, storeLocations, type StoreEnvironment } from './store-locations.ts'
import { scanStore, type StoreScan } from './store-scan.ts'

/** Findings that a window gets; the counts tell of the others. */
const MAX_FINDINGS = 2_000
/** Scans that are kept for an import to refer to. */
const MAX_SCANS = 4
const SCAN_TIMEOUT_MS = 60_000

/** Those that want a look come first. */
const GROUPS: readonly NscFindingGroup[] = [
  'damaged',
  'unreadable',
  'missing',
  'foreign',
  'misplaced',
  'expired',
  'revoked',
  'orphaned',
  'sound',
]

export interface NscServiceOptions extends ImportParts {
  /** Signing keys of an account with the permissions of a role. */
  readonly scopedKeys: (account: string) => readonly string[]
  readonly procedures: Procedures
  readonly environment?: StoreEnvironment
}

type Listener = (update: { type: 'snapshot'; import: NscImport | null }) => void

/** Brings an nsc store in, and writes one out. */
export class NscService {
  readonly #options: NscServiceOptions
  readonly #environment: StoreEnvironment
  readonly #imports: Procedure<ImportState>
  readonly #scans = new Map<string, StoreScan>()
  readonly #listeners = new Set<Listener>()
  readonly #unsubscribe: () => void
  #closing = new AbortController()
  #cancelling = new AbortController()
  #running: Promise<void> | undefined
  #import: NscImport | null = null

  constructor(options: NscServiceOptions) {
    this.#options = options
    this.#environment = options.environment ?? { home: homedir(), variables: process.env }
    this.#imports = options.procedures.register(importProcedure(options))
    this.#unsubscribe = options.procedures.subscribe(() => this.#follow())
  }

  /** Places in which there is something; `scan` says what. */
  async locations(): Promise<NscLocation[]> {
    const found = await existingLocations(this.#environment)
    return found.map(({ id, title, folders }) => ({ id, title, folders: [...folders] }))
  }

  /**
   * Reads a store and plans its import; changes nothing.
   * @throws RejectedError `NSC_FOLDER_MISSING`, `NSC_LOCATION_GONE`, `PATH_NOT_ABSOLUTE`; the abort reason.
   */
  async scan(
    target: { location: string } | { folders: readonly string[] },
    signal: AbortSignal,
  ): Promise<NscScan> {
    const until = AbortSignal.any([
      signal,
      this.#closing.signal,
      AbortSignal.timeout(SCAN_TIMEOUT_MS),
    ])
    const scan = await scanStore(this.#foldersOf(target), until, this.#options.now())
    const id = randomUUID()
    this.#scans.set(id, scan)
    for (const old of [...this.#scans.keys()].slice(0, -MAX_SCANS)) this.#scans.delete(old)
    return {
      id,
      folders: [...scan.folders],
      operators: scan.model.operators.map((operator) =>
        this.#operatorOf(scan, planImport(scan.model, operator)),
      ),
      ...findingsOf(scan),
      cut: scan.cut,
    }
  }

  /**
   * Begins an import; `subscribe` tells how it goes on.
   * @throws RejectedError `NSC_SCAN_GONE`; ConflictError `NSC_IMPORT_RUNNING`; what stands in the way.
   */
  import(order: {
    scan: string
    operator: string
    dialect: DialectName
    removeFiles: boolean
  }): NscImport {
    if (this.#running !== undefined) throw importRunning()
    const scan = this.#scans.get(order.scan)
    const operator = scan?.model.operators.find(({ publicKey }) => publicKey === order.operator)
    if (scan === undefined || operator === undefined) throw scanGone()
    const plan = planImport(scan.model, operator)
    const obstacle = this.#obstacleTo(scan, plan)
    if (obstacle !== undefined) throw obstacle
    const present = this.#options.store.operator()
    const state: ImportState = {
      folders: [...scan.folders],
      digest: scan.digest,
      operator: operator.publicKey,
      operatorName: operator.name,
      dialect: present?.dialect ?? plan.dialect ?? order.dialect,
      seeds: plan.keys.map(({ publicKey, path }) => ({ publicKey, path })),
      removeFiles: order.removeFiles,
      put: [],
      made: NOTHING_MADE,
      result: null,
      removal: null,
    }
    this.#cancelling = new AbortController()
    this.#tell({
      operatorName: operator.name,
      dialect: state.dialect,
      state: 'running',
      steps: [],
      problem: null,
      result: null,
    })
    this.#running = this.#run(state).finally(() => (this.#running = undefined))
    return this.#import ?? scanLost()
  }

  /** Stops an import between two steps, which takes it back while nothing is recorded. */
  cancel(): void {
    this.#cancelling.abort(
      new RejectedError({
        code: 'CANCELLED',
        message: 'The import was cancelled. Nothing was recorded.',
        advice: 'Start it again when you want it.',
      }),
    )
  }

  /** Calls `listener` with the newest import now and after each step; returns how to stop that. */
  readonly subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener)
    listener({ type: 'snapshot', import: this.#import })
    return () => void this.#listeners.delete(listener)
  }

  /** @throws ConflictError `AUTHORITY_NOT_SET_UP`. */
  async exportPlan(): Promise<NscExportPlan> {
    const { store, ledger, keys, scopedKeys, now } = this.#options
    const operator = requireOperator(store)
    const holders = [operator.publicKey, ...store.accounts().map(({ publicKey }) => publicKey)]
    const held = async (keysOf: (holder: string) => readonly string[]) => {
      let count = 0
      for (const key of holders.flatMap(keysOf)) if (await keys.has(key)) count += 1
      return count
    }
    const usual = storeLocations(this.#environment).find(({ id }) => id === 'nsc')?.folders[0] ?? ''
    return {
      operatorName: operator.name,
      usualFolder: usual,
      accounts: store.accounts().filter(({ jwt }) => jwt !== null).length,
      users: ledger
        .entries()
        .filter(
          ({ state, delivery, expiresAt }) =>
            state === 'active' && delivery !== 'internal' && expiresAt > now(),
        ).length,
      signingKeys: await held((holder) => [
        ...store.keysOf(holder, 'signing'),
        ...scopedKeys(holder),
      ]),
      identityKeys: await held((holder) => store.keysOf(holder, 'identity')),
    }
  }

  /**
   * Writes a store: see `exportStore`.
   * @throws RejectedError `PATH_NOT_ABSOLUTE`, `NAME_NOT_TYPED`; what `exportStore` throws.
   */
  async export(
    order: { folder: string; keys: ExportedKeys; typedName: string },
    signal: AbortSignal,
  ): Promise<NscExport> {
    const operator = requireOperator(this.#options.store)
    if (order.keys !== 'none' && order.typedName !== operator.name) {
      throw new RejectedError({
        code: 'NAME_NOT_TYPED',
        message: 'Private keys are written out only after the name of the operator was typed.',
        advice: `Type ${operator.name}.`,
      })
    }
    const until = AbortSignal.any([signal, this.#closing.signal])
    const folder = ownPath(order.folder, this.#environment.home)
    const done = await exportStore(this.#options, folder, order.keys, until)
    return { ...done, different: [...done.different] }
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    this.#closing.abort()
    await this.#running
    this.#listeners.clear()
  }

  async #run(state: ImportState): Promise<void> {
    const { operatorName, dialect } = state
    try {
      const until = AbortSignal.any([this.#cancelling.signal, this.#closing.signal])
      const { result, removal, seeds, removeFiles } = await this.#imports.startOrResume(
        state,
        until,
      )
      const counts = result ?? { tenants: 0, accounts: 0, credentials: 0 }
      this.#tell({
        operatorName,
        dialect,
        state: 'done',
        steps: this.#import?.steps.map(({ name }) => ({ name, state: 'done' as const })) ?? [],
        problem: null,
        result: {
          ...counts,
          keys: seeds.length,
          removed: removeFiles ? (removal?.removed ?? 0) : null,
          kept: removal?.kept ?? [],
        },
      })
    } catch (thrown) {
      const steps = this.#import?.steps.map((step) =>
        step.state === 'running' ? { ...step, state: 'failed' as const } : step,
      )
      const problem = problemOf(toMusterError(thrown))
      this.#tell({
        operatorName,
        dialect,
        state: 'failed',
        steps: steps ?? [],
        problem,
        result: null,
      })
    }
  }

  #follow(): void {
    const under = this.#options.procedures.unfinished().find(({ kind }) => kind === NSC_IMPORT)
    if (under === undefined || this.#import === null || this.#import.state !== 'running') return
    const states = { waiting: 'waiting', begun: 'running', done: 'done' } as const
    const steps = under.steps.map(({ name, state }) => ({ name, state: states[state] }))
    this.#tell({ ...this.#import, steps })
  }

  #tell(change: NscImport): void {
    this.#import = change
    for (const listener of this.#listeners) listener({ type: 'snapshot', import: change })
  }

  #operatorOf(scan: StoreScan, plan: ImportPlan): NscOperator {
    const { operator, accounts, users, keys, warnings, dialect } = plan
    const obstacle = this.#obstacleTo(scan, plan)
    return {
      name: operator.name,
      publicKey: operator.publicKey,
      dialect,
      accounts: accounts.map(({ account, becomes, tenants, notes, canIssue }) => ({
        name: account.name,
        publicKey: account.publicKey,
        becomes,
        tenants: [...tenants],
        users: account.users.length,
        canIssue,
        notes: [...notes],
      })),
      users: users.length,
      keys: keys.length,
      makes: [
        ...(plan.system === 'create' ? (['system-account'] as const) : []),
        ...(plan.system === 'new-key' ? (['system-key'] as const) : []),
        ...(plan.registry === 'create' ? (['registry-account'] as const) : []),
      ],
      warnings: [...warnings],
      merges: this.#options.store.operator()?.publicKey === operator.publicKey,
      obstacle: obstacle === undefined ? null : problemOf(obstacle),
    }
  }

  #obstacleTo(scan: StoreScan, plan: ImportPlan) {
    const { store, now } = this.#options
    return obstacleTo(plan, scan.model, store.operator(), now())
  }

  #foldersOf(target: { location: string } | { folders: readonly string[] }): readonly string[] {
    if ('folders' in target)
      return target.folders.map((folder) => ownPath(folder, this.#environment.home))
    const location = storeLocations(this.#environment).find(({ id }) => id === target.location)
    if (location === undefined) throw locationGone()
    return location.folders
  }
}

function findingsOf({ findings }: StoreScan): {
  findings: NscFinding[]
  counts: NscScan['counts']
} {
  const groups = Map.groupBy(findings, ({ group }) => group)
  const counts = Object.fromEntries(GROUPS.map((group) => [group, groups.get(group)?.length ?? 0]))
  const sorted = GROUPS.flatMap((group) => groups.get(group) ?? [])
  return {
    findings: sorted.slice(0, MAX_FINDINGS).map((finding) => ({ ...finding })),
    counts: counts as NscScan['counts'],
  }
}

function locationGone(): RejectedError {
  return new RejectedError({
    code: 'NSC_LOCATION_GONE',
    message: 'There is no store of nsc in this place any more.',
    advice: 'Open this page again, or name the folder.',
  })
}

function scanGone(): RejectedError {
  return new RejectedError({
    code: 'NSC_SCAN_GONE',
    message: 'What was seen of this store is no longer at hand.',
    advice: 'Look at the store again.',
  })
}

function scanLost(): never {
  throw scanGone()
}

function importRunning(): ConflictError {
  return new ConflictError({
    code: 'NSC_IMPORT_RUNNING',
    message: 'An import is under way already.',
    advice: 'Wait until it has ended.',
  })
}
