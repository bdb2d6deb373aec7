import { randomUUID, X509Certificate } from 'node:crypto'
import type { NewRemoteConnection } from '#shared/contract/mesh.ts'
import { ConflictError, RejectedError } from '#shared/errors.ts'
import { requireSafeToken } from '#shared/protocol/names.ts'
import { verifyJwt } from '../authority/jwt.ts'
import type { MeshStore, RemoteMeshSettings } from './mesh-store.ts'
import { parseCredentials } from './parse-credentials.ts'
import { credentialsOf, readStoredLogin, storedLogin, type StoredLogin } from './remote-login.ts'
import { deleteLongSecret, getLongSecret, setLongSecret, type SecretStore } from './secret-store.ts'
import type { UserCredentials } from './user-credentials.ts'

const SCHEMES = ['nats:', 'tls:', 'ws:', 'wss:']

/** The saved connections to remote meshes: settings in the database, credentials in the keychain. */
export class RemoteConnections {
  readonly #store: MeshStore
  readonly #keychain: SecretStore

  constructor(store: MeshStore, keychain: SecretStore) {
    this.#store = store
    this.#keychain = keychain
  }

  /**
   * Checks and saves a connection; nothing is kept where a part of it is wrong.
   * @throws RejectedError `CREDENTIALS_…`, `JWT_…`, `URL_INVALID`, `TENANT_MISMATCH`, `CA_INVALID`;
   *   ConflictError `CONNECTION_EXISTS`; what the keychain throws.
   */
  async add(order: NewRemoteConnection): Promise<RemoteMeshSettings> {
    const parsed = parseCredentials(order.credentials)
    if (parsed.tenant !== null && parsed.tenant !== order.tenant) {
      throw tenantMismatch(parsed.tenant, order.tenant)
    }
    const login = storedLogin(
      { kind: 'credentials', text: order.credentials },
      { inboxPrefix: '', certificate: null },
    )
    return this.addLogin({ ...order, caPem: order.caPem ?? parsed.caPem }, login)
  }

  /**
   * The same with whatever a context of the nats CLI logs in with.
   * @throws RejectedError `URL_INVALID`, `CA_INVALID`, `NAME_UNSAFE`; ConflictError `CONNECTION_EXISTS`; what
   *   the keychain throws.
   */
  async addLogin(
    order: Pick<RemoteMeshSettings, 'name' | 'dialect' | 'urls' | 'tenant' | 'caPem'>,
    login: StoredLogin,
  ): Promise<RemoteMeshSettings> {
    requireSafeToken(order.tenant, 'tenant')
    for (const url of order.urls) requireUrl(url)
    if (this.#store.remotes().some(({ name }) => name === order.name)) throw exists(order.name)
    const { name, dialect, urls, tenant, caPem } = order
    if (caPem !== null) requireCertificate(caPem)
    const settings = { id: randomUUID(), name, dialect, urls, tenant, caPem }
    const entry = entryOf(settings.id)
    await setLongSecret(this.#keychain, entry, JSON.stringify(login))
    try {
      this.#store.addRemote(settings)
    } catch (error) {
      await deleteLongSecret(this.#keychain, entry)
      throw error
    }
    return settings
  }

  /** Removes a connection with its credentials; does nothing where there is none. */
  async remove(id: string): Promise<void> {
    this.#store.removeRemote(id)
    await deleteLongSecret(this.#keychain, entryOf(id))
  }

  /**
   * The credentials of a connection.
   * @throws RejectedError `CREDENTIALS_GONE` where the keychain has none, `JWT_EXPIRED`; what the
   *   keychain throws.
   */
  async credentials(settings: RemoteMeshSettings): Promise<UserCredentials> {
    const credentials = credentialsOf(await this.login(settings))
    if (credentials.jwt !== '') verifyJwt(credentials.jwt, { type: 'user', now: new Date() })
    return credentials
  }

  /** What a connection logs in with, as it is kept. Secret. @throws RejectedError `CREDENTIALS_GONE`. */
  async login(settings: Pick<RemoteMeshSettings, 'id' | 'name'>): Promise<StoredLogin> {
    const login = readStoredLogin(await getLongSecret(this.#keychain, entryOf(settings.id)))
    if (login !== undefined) return login
    throw new RejectedError({
      code: 'CREDENTIALS_GONE',
      message: `The keychain has no credentials for the connection “${settings.name}” any more.`,
      advice: 'Remove this connection and add it again with its credential file.',
    })
  }
}

function entryOf(id: string): string {
  return `connection:${id}`
}

/** @throws RejectedError `URL_INVALID`. */
export function requireUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url !== undefined && url.username === '' && url.password === ''
  if (plain && SCHEMES.includes(url.protocol) && url.hostname !== '') return
  throw new RejectedError({
    code: 'URL_INVALID',
    message:
      'This is not an address of a NATS server: it has to begin with nats://, tls://, ws:// or wss://, name a host, and hold no user name or password.',
    advice: 'Write it like nats://mesh.example:4222 or wss://mesh.example:443.',
  })
}

/** @throws RejectedError `CA_INVALID`. */
export function requireCertificate(pem: string): void {
  try {
    if (!pem.includes('PRIVATE KEY') && new X509Certificate(pem).subject !== undefined) return
  } catch {
    // Told below, without the text.
  }
  throw new RejectedError({
    code: 'CA_INVALID',
    message: 'This is not a certificate authority as PEM text, or it holds a private key.',
    advice: 'Choose the file that begins with -----BEGIN CERTIFICATE-----.',
  })
}

function tenantMismatch(inFile: string, wanted: string): RejectedError {
  return new RejectedError({
    code: 'TENANT_MISMATCH',
    message: `These credentials are for the tenant ${inFile.slice(0, 64)}, not for ${wanted}.`,
    advice: 'Enter the tenant that the credentials are for, or choose other credentials.',
  })
}

function exists(name: string): ConflictError {
  return new ConflictError({
    code: 'CONNECTION_EXISTS',
    message: `There is a connection with the name “${name}” already.`,
    advice: 'Choose another name, or remove the other connection first.',
  })
}
