import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { DialectName } from '#shared/contract/common.ts'
import { ConflictError } from '#shared/errors.ts'
import type { Keychain } from '../authority/keychain.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { OperatorMarker } from '../authority/operator-marker.ts'
import type { JournaledStep, ProcedureKind } from '../steps/procedure.ts'
import { inTransaction } from '../storage/database.ts'
import { planImport, type ImportPlan } from './import-plan.ts'
import { obstacleTo } from './import-obstacles.ts'
import { prepareRecord, type MadeKeys, type RecordParts } from './import-record.ts'
import { keepSeeds, releaseSeeds } from './keep-seeds.ts'
import { removeSeedFiles } from './remove-seed-files.ts'
import { scanStore } from './store-scan.ts'
import type { StoreModel } from './store-model.ts'

export const NSC_IMPORT = 'nsc-import'

const PublicKey = z.string().regex(/^[OAU][A-Z2-7]{55}$/u)

/** An import under way, as the journal keeps it. Paths and public keys; no seed, no JWT. */
export const ImportState = z.strictObject({
  folders: z.array(z.string()),
  /** Of the store when the person looked at it. */
  digest: z.string(),
  operator: PublicKey,
  operatorName: z.string(),
  dialect: DialectName,
  seeds: z.array(z.strictObject({ publicKey: PublicKey, path: z.string() })),
  removeFiles: z.boolean(),
  /** Keys that the keychain has by this import. */
  put: z.array(PublicKey),
  made: z.strictObject({
    systemIdentity: PublicKey.nullable(),
    systemSigning: PublicKey.nullable(),
    registryIdentity: PublicKey.nullable(),
    registrySigning: PublicKey.nullable(),
  }),
  result: z.strictObject({ tenants: z.int(), accounts: z.int(), credentials: z.int() }).nullable(),
  removal: z.strictObject({ removed: z.int(), kept: z.array(z.string()) }).nullable(),
})
export type ImportState = z.infer<typeof ImportState>

export const NOTHING_MADE: MadeKeys = {
  systemIdentity: null,
  systemSigning: null,
  registryIdentity: null,
  registrySigning: null,
}

export interface ImportParts extends RecordParts {
  readonly database: DatabaseSync
  readonly keychain: Keychain
  readonly audit: KeyAudit
  /** Knows from the keychain whether this profile had an operator before its database was lost. */
  readonly marker: Pick<OperatorMarker, 'requireNone' | 'leave'>
  /** Runs while no account changes. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Ledger and tenants were changed in one go. */
  announce(): void
}

/**
 * The import of a store: its keys into the keychain, each read back; then everything into the database in
 * one transaction; then, where that was asked for, its key files overwritten and deleted. Killed at any
 * moment it is taken up at the next start.
 */
export function importProcedure(parts: ImportParts): ProcedureKind<ImportState> {
  return {
    kind: NSC_IMPORT,
    state: ImportState,
    steps: [checkStore(parts), keepKeys(parts), makeKeys(parts), record(parts), removeFiles(parts)],
    subject: ({ operator }) => `operator:${operator}`,
    describe: ({ operatorName }) => `Import the nsc store of ${operatorName}`,
    needs: 'keychain',
    atStart: 'resume',
    onFailure: 'roll-back',
    exclusively: (work) => parts.exclusively(work),
  }
}

type Step = JournaledStep<ImportState>

function checkStore(parts: ImportParts): Step {
  return {
    name: 'check-store',
    run: async (state, { signal }) => {
      await freshPlan(parts, state, signal)
      if (parts.store.operator() === undefined) await requireNoOther(parts, state.operator)
      return state
    },
  }
}

/** A database that was lost must not become the home of another operator; its own may come back. */
async function requireNoOther({ marker }: ImportParts, operator: string): Promise<void> {
  try {
    await marker.requireNone()
  } catch (thrown) {
    const own = thrown instanceof ConflictError && thrown.details['publicKey'] === operator
    if (!own) throw thrown
  }
}

function keepKeys({ keychain, audit }: ImportParts): Step {
  return {
    name: 'keep-keys',
    run: async (state, { signal, save }) => {
      let { put } = state
      const reserve = (publicKey: string) => {
        put = [...put, publicKey]
        save({ ...state, put })
      }
      await keepSeeds(state.seeds, { keychain, audit, reserve, signal })
      return { ...state, put }
    },
    undo: async (state) => {
      await releaseSeeds(state.seeds, state.put, keychain)
      return { ...state, put: [] }
    },
  }
}

function makeKeys(parts: ImportParts): Step {
  const { keys, store } = parts
  return {
    name: 'make-keys',
    run: async (state, { signal, save }) => {
      const { plan } = await freshPlan(parts, state, signal)
      if (store.operator() !== undefined) return state
      let { made } = state
      const wanted: (keyof MadeKeys)[] = [
        ...(plan.registry === 'create' ? (['registryIdentity', 'registrySigning'] as const) : []),
        ...(plan.system === 'create' ? (['systemIdentity'] as const) : []),
        ...(plan.system === 'there' ? [] : (['systemSigning'] as const)),
      ]
      for (const name of wanted) {
        const known = made[name]
        if (known !== null && (await keys.has(known))) continue
        const subject = `${name.startsWith('registry') ? 'account REGISTRY' : 'system account'} of ${state.operatorName}`
        const use = {
          action: 'key-create' as const,
          subjects: [subject],
          reason: 'The store of the import has none.',
        }
        await keys.create('account', use, (publicKey) => {
          made = { ...made, [name]: publicKey }
          save({ ...state, made })
        })
      }
      return { ...state, made }
    },
    undo: async (state) => {
      const made = Object.values(state.made).filter((key) => key !== null)
      const reason = `The import of ${state.operatorName} was taken back.`
      await keys.forget(made, { action: 'key-delete', subjects: [state.operatorName], reason })
      return { ...state, made: NOTHING_MADE }
    },
  }
}

function record(parts: ImportParts): Step {
  const { database, audit } = parts
  return {
    name: 'record',
    final: true,
    run: async (state, { signal }) => {
      const { plan } = await freshPlan(parts, state, signal)
      const prepared = await prepareRecord(parts, plan, state.dialect, state.made)
      try {
        const result = inTransaction(database, () => {
          const counts = prepared.write()
          const { operator, operatorName } = state
          audit.record([
            {
              action: 'nsc-import',
              key: operator,
              subject: `operator ${operatorName}`,
              reason: `${counts.accounts} accounts, ${counts.tenants} tenants, ${counts.credentials} credentials and ${state.seeds.length} keys.`,
              result: 'done',
            },
          ])
          return counts
        })
        await parts.marker.leave({ publicKey: state.operator, name: state.operatorName })
        parts.announce()
        return { ...state, result: addedUp(state.result, result) }
      } catch (error) {
        prepared.failed(error)
        throw error
      }
    },
  }
}

function removeFiles({ keychain }: ImportParts): Step {
  return {
    name: 'remove-files',
    run: async (state, { signal }) => {
      if (!state.removeFiles) return state
      const { removed, kept } = await removeSeedFiles(state.seeds, keychain, signal)
      return { ...state, removal: { removed, kept: [...kept] } }
    },
  }
}

/** A step that is run again finds its rows there and counts none. */
function addedUp(before: ImportState['result'], now: NonNullable<ImportState['result']>) {
  return before !== null && now.accounts === 0 ? before : now
}

/** The plan as the store makes it now; the same as when the person saw it, or nothing goes on. */
async function freshPlan(
  parts: ImportParts,
  state: ImportState,
  signal: AbortSignal,
): Promise<{ readonly plan: ImportPlan; readonly model: StoreModel }> {
  const { model, digest } = await scanStore(state.folders, signal, parts.now())
  const operator = model.operators.find(({ publicKey }) => publicKey === state.operator)
  if (digest !== state.digest || operator === undefined) throw storeChanged()
  const plan = planImport(model, operator)
  const obstacle = obstacleTo(plan, model, parts.store.operator(), parts.now())
  if (obstacle !== undefined) throw obstacle
  return { plan, model }
}

function storeChanged(): ConflictError {
  return new ConflictError({
    code: 'NSC_STORE_CHANGED',
    message: 'The store changed since it was looked at: somebody works on it, with nsc or by hand.',
    advice: 'Look at it again, then import what is there.',
  })
}
