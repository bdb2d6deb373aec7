import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ResultsReport, TakenResults } from '#shared/contract/bundles.ts'
import type { SavedFile } from '#shared/contract/common.ts'
import { RejectedError } from '#shared/errors.ts'
import type { KeyAudit } from '../../authority/key-use.ts'
import type { LedgerEntry } from '../../authority/ledger.ts'
import type { SaveFile } from '../../files/saved-file.ts'
import { judgeSigner, type OperatorKey } from '../open/judge-signer.ts'
import { ownPath } from '../../paths/own-path.ts'
import { inTransaction } from '../../storage/database.ts'
import type { BundleAuthority } from '../collaborators.ts'
import { requireOperator } from '../content/plan-bundle.ts'
import {
  RESULTS_FORMAT,
  RESULTS_VERSION,
  resultsStatement,
  type FieldDevice,
  type FieldResults,
  type SignedResults,
} from './field-results.ts'
import { judgeResults } from './judge-results.ts'
import { readResults } from './read-results.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** As many as a person looks at; the counts tell the rest. */
const MAX_SHOWN = 500

export interface ResultsServiceOptions {
  readonly database: DatabaseSync
  readonly authority: Omit<BundleAuthority, 'ledger'> & {
    readonly ledger: BundleAuthority['ledger'] & {
      entries(): LedgerEntry[]
      add(entries: readonly LedgerEntry[]): void
      announce(): void
    }
  }
  /** Keys of the operator, those that were removed too. */
  readonly operatorKeys: () => readonly OperatorKey[]
  readonly audit: KeyAudit
  readonly saveFile: SaveFile
  readonly version: string
  /** User of the operating system, and the computer's name. */
  readonly by: string
  readonly now?: () => Date
}

/** What was done in the field, carried from the Muster that did it to the one that keeps the books. */
export class ResultsService {
  readonly #options: ResultsServiceOptions
  readonly #now: () => Date

  constructor(options: ResultsServiceOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * Saves what was commissioned here in the last days as a signed file.
   * @throws ConflictError `AUTHORITY_NOT_SET_UP`; RejectedError `RESULTS_EMPTY`, `FILE_NOT_WRITTEN`; what signing throws.
   */
  async export(days: number): Promise<SavedFile> {
    const { authority, saveFile, version, by } = this.#options
    const { name, publicKey, jwt } = requireOperator(authority.operator())
    const now = this.#now()
    const since = now.getTime() - days * DAY_MS
    const devices = authority.ledger.entries().flatMap((entry) => fieldDevice(entry, since) ?? [])
    if (devices.length === 0) throw nothingDone(days)
    const results: FieldResults = {
      format: RESULTS_FORMAT,
      version: RESULTS_VERSION,
      id: randomUUID(),
      madeBy: `Muster ${version}`,
      createdAt: now.toISOString(),
      by,
      operator: { name, publicKey, jwt },
      devices,
    }
    const { key, signature } = await authority.signStatement(resultsStatement(results), {
      action: 'bundle-sign',
      subject: 'results of field work',
      reason: `${devices.length} devices that were commissioned in the last ${days} days.`,
    })
    const signed: SignedResults = { results, signature: { algorithm: 'ed25519', key, signature } }
    return saveFile({
      name: `field-results-${now.toISOString().slice(0, 10)}.json`,
      mediaType: 'application/json',
      content: `${JSON.stringify(signed, null, 2)}\n`,
    })
  }

  /** What is in such a file, and what of it is new. Changes nothing. @throws as `readResults`; `SIGNER_REMOVED`. */
  async look(path: string): Promise<ResultsReport> {
    const { results, judged } = await this.#judged(path)
    const count = (verdict: (typeof judged)[number]['verdict']) =>
      judged.filter((device) => device.verdict === verdict).length
    // What a person has to decide on comes first.
    const order = ['contradicts', 'new', 'known'] as const
    const shown = order.flatMap((verdict) => judged.filter((device) => device.verdict === verdict))
    return {
      path,
      id: results.id,
      createdAt: results.createdAt,
      by: results.by,
      devices: shown.slice(0, MAX_SHOWN),
      counts: { new: count('new'), known: count('known'), contradicts: count('contradicts') },
    }
  }

  /**
   * Puts what is new into the ledger; what contradicts stays out.
   * @param id of the results that the person looked at
   * @throws as `look`; RejectedError `RESULTS_CHANGED`.
   */
  async take(path: string, id: string): Promise<TakenResults> {
    const { results, judged } = await this.#judged(path)
    if (results.id !== id) throw exchanged()
    const { database, authority, audit } = this.#options
    const { ledger } = authority
    const entries = results.devices.filter((_, index) => judged[index]?.verdict === 'new')
    inTransaction(database, () => {
      ledger.add(entries.map((device) => ledgerEntry(device, results)))
      audit.record([
        {
          action: 'bundle-import',
          key: null,
          subject: `${entries.length} devices commissioned by ${results.by}`,
          reason: `Results of field work ${results.id} of ${results.createdAt}.`,
          result: 'done',
        },
      ])
    })
    ledger.announce()
    return { added: entries.length }
  }

  async #judged(path: string) {
    const { authority, operatorKeys } = this.#options
    const { publicKey } = requireOperator(authority.operator())
    const { results, signature } = await readResults(ownPath(path), publicKey)
    judgeSigner(operatorKeys(), signature.key, results.createdAt)
    return { results, judged: judgeResults(authority, results.devices) }
  }
}

function fieldDevice(entry: LedgerEntry, since: number): FieldDevice | undefined {
  const { role, tenant, deviceId, permissions, form = null } = entry
  const { pub, sub, resp } = permissions
  if (entry.delivery !== 'commissioning' || entry.issuedAt.getTime() < since) return undefined
  if (tenant === null || deviceId === null) return undefined
  if (role !== 'device' && role !== 'device-own') return undefined
  const rules = ({ allow, deny }: { allow: readonly string[]; deny?: readonly string[] }) => ({
    allow: [...allow],
    ...(deny === undefined ? {} : { deny: [...deny] }),
  })
  return {
    deviceId,
    tenant,
    name: entry.name,
    publicKey: entry.publicKey,
    account: entry.account,
    signingKey: entry.signingKey,
    role,
    permissions: { pub: rules(pub), sub: rules(sub), ...(resp === undefined ? {} : { resp }) },
    form,
    issuedAt: entry.issuedAt.toISOString(),
    expiresAt: entry.expiresAt.toISOString(),
    connectedAt: entry.connectedAt?.toISOString() ?? null,
    state: entry.state,
  }
}

function ledgerEntry(device: FieldDevice, { by }: FieldResults): LedgerEntry {
  const { connectedAt, issuedAt, expiresAt, permissions, state, ...rest } = device
  const { pub, sub, resp } = permissions
  const rules = ({ allow, deny }: { allow: string[]; deny?: string[] | undefined }) => ({
    allow,
    ...(deny === undefined ? {} : { deny }),
  })
  return {
    ...rest,
    id: randomUUID(),
    permissions: { pub: rules(pub), sub: rules(sub), ...(resp === undefined ? {} : { resp }) },
    issuedAt: new Date(issuedAt),
    expiresAt: new Date(expiresAt),
    pendingUntil: null,
    connectedAt: connectedAt === null ? null : new Date(connectedAt),
    delivery: 'commissioning',
    state,
    revokedAt: null,
    reason: `Commissioned by ${by}.`,
  }
}

function nothingDone(days: number): RejectedError {
  return new RejectedError({
    code: 'RESULTS_EMPTY',
    message: `No device was commissioned here in the last ${days} days.`,
    advice: 'Choose a longer time.',
  })
}

function exchanged(): RejectedError {
  return new RejectedError({
    code: 'RESULTS_CHANGED',
    message: 'The file is not the one any more that you looked at. Nothing was taken over.',
    advice: 'Look at it again.',
  })
}
