import type { DatabaseSync } from 'node:sqlite'
import type { EtcdAccess, RegistryStore, StoreOrder } from '#shared/contract/registry-store.ts'
import { RejectedError, TransientError } from '#shared/errors.ts'
import type { KeyAudit } from '../../authority/key-use.ts'
import {
  deleteLongSecret,
  getLongSecret,
  setLongSecret,
  type SecretStore,
} from '../../mesh/secret-store.ts'
import { inTransaction } from '../../storage/database.ts'
import type { EtcdConfig } from '../sidecar-messages.ts'

const PASSWORD = 'registry-store:etcd-password'
const CLIENT_KEY = 'registry-store:etcd-client-key'
/** History that is kept in etcd: see docs/decisions/0009. */
const COMPACT_AFTER_SECONDS = 600

interface Row {
  readonly kind: RegistryStore['kind']
  readonly endpoints: string
  readonly ca_pem: string | null
  readonly certificate_pem: string | null
  readonly user_name: string
  readonly has_password: number
}

export interface StoreChoiceParts {
  /** A database on which REGISTRY_STORE_MIGRATIONS have run. */
  readonly database: DatabaseSync
  readonly keychain: SecretStore
  /** Each choice is noted: whoever holds the store holds what discovery says of the fleet. */
  readonly audit: KeyAudit
}

/**
 * Which store the registry of this profile uses. The etcd that was used last is kept when the
 * embedded store is chosen, so that one can go back.
 */
export class StoreChoice {
  readonly #database: DatabaseSync
  readonly #keychain: SecretStore
  readonly #audit: KeyAudit

  constructor({ database, keychain, audit }: StoreChoiceParts) {
    this.#database = database
    this.#keychain = keychain
    this.#audit = audit
  }

  /** What is chosen, without anything secret. */
  chosen(): Pick<RegistryStore, 'kind' | 'etcd'> {
    const row = this.#row()
    if (row === undefined) return { kind: 'embedded', etcd: null }
    const endpoints = endpointsOf(row)
    const etcd = {
      endpoints,
      hasCa: row.ca_pem !== null,
      hasClientCertificate: row.certificate_pem !== null,
      user: row.user_name,
      hasPassword: row.has_password === 1,
    }
    return { kind: row.kind, etcd: endpoints.length === 0 ? null : etcd }
  }

  /**
   * What the registry is started with; undefined for the embedded store.
   * @throws what the keychain throws; TransientError `ETCD_SECRET_GONE`
   */
  async config(): Promise<EtcdConfig | undefined> {
    return this.#row()?.kind === 'etcd' ? this.saved() : undefined
  }

  /**
   * The etcd that was used last, whether it is in use or not.
   * @throws RejectedError `ETCD_NOT_CHOSEN`; else as `config`
   */
  async saved(): Promise<EtcdConfig> {
    const row = this.#row()
    if (row === undefined || endpointsOf(row).length === 0) throw notChosen()
    return {
      endpoints: endpointsOf(row),
      caPem: row.ca_pem,
      clientCertificate:
        row.certificate_pem === null
          ? null
          : { certificatePem: row.certificate_pem, keyPem: await this.#secret(CLIENT_KEY) },
      user:
        row.user_name === ''
          ? null
          : {
              name: row.user_name,
              password: row.has_password === 1 ? await this.#secret(PASSWORD) : '',
            },
      compactAfterSeconds: COMPACT_AFTER_SECONDS,
    }
  }

  /** The etcd of an order, with what it keeps of the saved one. Throws as `saved`. */
  async resolve(access: EtcdAccess): Promise<EtcdConfig> {
    const { endpoints, ca, clientCertificate, user, password } = access
    const keeps = [ca, clientCertificate, password].some(({ kind }) => kind === 'keep')
    const saved = keeps ? await this.saved() : undefined
    return {
      endpoints: [...new Set(endpoints)],
      caPem: pick(ca, saved?.caPem),
      clientCertificate: pick(clientCertificate, saved?.clientCertificate),
      user:
        user === '' ? null : { name: user, password: pick(password, saved?.user?.password) ?? '' },
      compactAfterSeconds: COMPACT_AFTER_SECONDS,
    }
  }

  /**
   * Remembers and notes what is chosen: secrets first, so that the row never names any that are not
   * there. Throws as `saved`, and what the keychain and the audit log throw.
   */
  async choose(order: StoreOrder): Promise<void> {
    if (order.kind === 'embedded') {
      this.#note('embedded store', () =>
        this.#database.prepare("UPDATE registry_store SET kind = 'embedded'").run(),
      )
      return
    }
    const { endpoints, caPem, clientCertificate, user } = await this.resolve(order.access)
    await this.#keep(CLIENT_KEY, clientCertificate?.keyPem)
    await this.#keep(PASSWORD, user?.password)
    const write = this.#database.prepare(
      `INSERT OR REPLACE INTO registry_store
        (id, kind, endpoints, ca_pem, certificate_pem, user_name, has_password)
        VALUES (1, 'etcd', ?, ?, ?, ?, ?)`,
    )
    this.#note(`etcd at ${endpoints.join(', ')}`, () =>
      write.run(
        JSON.stringify(endpoints),
        caPem,
        clientCertificate?.certificatePem ?? null,
        user?.name ?? '',
        user === null || user.password === '' ? 0 : 1,
      ),
    )
  }

  /** Writes the choice and the line of the audit log about it, both or none. */
  #note(subject: string, write: () => unknown): void {
    inTransaction(this.#database, () => {
      write()
      this.#audit.record([
        {
          action: 'registry-store',
          key: null,
          subject,
          reason: 'The registry keeps its devices there from now on.',
          result: 'done',
        },
      ])
    })
  }

  async #keep(account: string, secret: string | undefined): Promise<void> {
    if (secret === undefined || secret === '') await deleteLongSecret(this.#keychain, account)
    else await setLongSecret(this.#keychain, account, secret)
  }

  async #secret(account: string): Promise<string> {
    const secret = await getLongSecret(this.#keychain, account)
    if (secret !== undefined) return secret
    throw new TransientError({
      code: 'ETCD_SECRET_GONE',
      message: 'The keychain does not hold the password or key for etcd any more.',
      advice: 'Give it again in Settings, Registry.',
    })
  }

  #row(): Row | undefined {
    return this.#database.prepare('SELECT * FROM registry_store').get() as unknown as
      | Row
      | undefined
  }
}

type Kept<T> =
  | { readonly kind: 'none' }
  | { readonly kind: 'keep' }
  | { readonly kind: 'new'; readonly value: T }

function pick<T>(part: Kept<T>, saved: T | null | undefined): T | null {
  if (part.kind === 'new') return part.value
  return part.kind === 'keep' ? (saved ?? null) : null
}

function endpointsOf(row: Row): string[] {
  return JSON.parse(row.endpoints) as string[]
}

function notChosen(): RejectedError {
  return new RejectedError({
    code: 'ETCD_NOT_CHOSEN',
    message: 'No etcd has been given yet.',
    advice: 'Give its endpoints first.',
  })
}
