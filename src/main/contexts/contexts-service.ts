import type { NatsContext, NatsContextExport } from '#shared/contract/nsc.ts'
import { messageOf, MusterError, RejectedError, toMusterError } from '#shared/errors.ts'
import { problemOf } from '#shared/problem-of.ts'
import { credsText } from '#shared/protocol/credentials.ts'
import type { Role } from '#shared/protocol/roles.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'
import { decodeJwt } from '../authority/jwt.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import { storedLogin, type StoredLogin } from '../mesh/remote-login.ts'
import { parseCredentials } from '../mesh/parse-credentials.ts'
import { reachOf } from '../nsc/judge-user.ts'
import { userClaims } from '../nsc/store-claims.ts'
import {
  listContexts,
  readReferred,
  requireContextName,
  selectedContext,
  usualEnvironment,
  type ContextEnvironment,
  type ContextFields,
  type ContextFile,
} from './context-file.ts'
import { certificateOf, loginKindOf, loginOf, urlsOf } from './context-login.ts'
import { writeContext, type ContextToWrite } from './write-context.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** A saved connection as far as contexts go. */
export interface RemoteSettings {
  readonly name: string
  readonly dialect: DialectName
  readonly urls: readonly string[]
  readonly tenant: string
  readonly caPem: string | null
}

/** What contexts need of the meshes. */
export interface ContextMeshes {
  addRemoteLogin(order: RemoteSettings, login: StoredLogin): Promise<string>
  remoteLogin(
    id: string,
  ): Promise<{ readonly settings: RemoteSettings; readonly login: StoredLogin }>
  /** Where clients of our own mesh connect. */
  deviceEndpoint(): { readonly urls: readonly string[]; readonly caPem?: string }
}

/** A console credential, made for a context. `jwt` and `seed` are secrets. */
export interface ConsoleCredential {
  readonly ledgerId: string
  readonly publicKey: string
  readonly jwt: string
  readonly seed?: string
  readonly inboxPrefix: string
}

export interface ContextsServiceOptions {
  readonly meshes: ContextMeshes
  readonly audit: KeyAudit
  /** A credential of a tenant for a context, for that many milliseconds. */
  readonly issue: (
    tenant: string,
    role: Exclude<Role, 'registry'>,
    context: string,
    ttlMs: number,
  ) => Promise<ConsoleCredential>
  /** Takes one back that nobody got. */
  readonly withdraw: (ledgerId: string) => Promise<unknown>
  readonly environment?: ContextEnvironment
}

/** Contexts of the nats CLI: taken over as connections, and written for our own meshes. */
export class ContextsService {
  readonly #options: ContextsServiceOptions
  readonly #environment: ContextEnvironment

  constructor(options: ContextsServiceOptions) {
    this.#options = options
    this.#environment = options.environment ?? usualEnvironment()
  }

  /** All contexts of this user, each with why it could not be taken over. */
  async list(): Promise<NatsContext[]> {
    const selected = await selectedContext(this.#environment)
    const files = await listContexts(this.#environment)
    return Promise.all(files.map((file) => this.#summaryOf(file, selected)))
  }

  /**
   * Saves a context as a connection: its credentials go to the keychain, its files stay as they are.
   * @throws RejectedError `CONTEXT_UNKNOWN`, `CONTEXT_FILE`, `CONTEXT_LOGIN`, `CREDENTIALS_…`, `JWT_…`,
   *   `URL_INVALID`, `CA_INVALID`, `TENANT_MISMATCH`; ConflictError `CONNECTION_EXISTS`; what the keychain throws.
   */
  async import(order: {
    name: string
    connectionName: string
    dialect: DialectName
    tenant: string
  }): Promise<{ connection: string }> {
    const { fields } = await this.#contextNamed(order.name)
    const login = await loginOf(fields, this.#environment)
    const certificate = await certificateOf(fields, this.#environment)
    if (login.kind === 'credentials')
      requireTenant(parseCredentials(login.text).tenant, order.tenant)
    const { urls, user } = withoutUser(urlsOf(fields))
    const caPem =
      fields.ca === ''
        ? null
        : await readReferred(fields.ca, 'certificate authority', this.#environment)
    const { connectionName: name, dialect, tenant } = order
    if (user) throw userInUrl()
    const stored = storedLogin(login, { inboxPrefix: fields.inbox_prefix, certificate })
    const connection = await this.#options.meshes.addRemoteLogin(
      { name, dialect, urls, tenant, caPem },
      stored,
    )
    return { connection }
  }

  /**
   * Writes a context for a tenant of ours, with a credential of that role issued for it, or for a saved
   * connection, with what that logs in with.
   * @throws RejectedError `CONTEXT_NAME`, `FILE_NOT_WRITTEN`; ConflictError `CONTEXT_EXISTS`; what issuing,
   *   the mesh and the keychain throw.
   */
  async export(order: {
    name: string
    source: { tenant: string; role: Role; days: number } | { connection: string }
  }): Promise<NatsContextExport> {
    const name = requireContextName(order.name)
    const written =
      'tenant' in order.source
        ? await this.#exportTenant(name, order.source)
        : await this.#write(await this.#ofConnection(name, order.source.connection))
    return { ...written, command: `nats --context ${quoted(name)} rtt` }
  }

  async #exportTenant(
    name: string,
    { tenant, role, days }: { tenant: string; role: Role; days: number },
  ) {
    const { issue, withdraw, meshes } = this.#options
    const { urls, caPem = null } = meshes.deviceEndpoint()
    const user = await issue(tenant, requireTenantRole(role), name, days * DAY_MS)
    try {
      return await this.#write({
        name,
        description: `Tenant ${tenant}, by Muster`,
        urls,
        fields: user.inboxPrefix === '_INBOX' ? {} : { inbox_prefix: user.inboxPrefix },
        credentials: { extension: 'creds', text: credsText(user.jwt, user.seed ?? '') },
        caPem,
        certificate: null,
      })
    } catch (error) {
      // Nobody got it. That it could not be written matters more than that it stays good for a while.
      await withdraw(user.ledgerId).catch(() => undefined)
      throw error
    }
  }

  async #ofConnection(name: string, id: string): Promise<ContextToWrite> {
    const { settings, login } = await this.#options.meshes.remoteLogin(id)
    this.#options.audit.record([
      {
        action: 'key-export',
        key: null,
        subject: `connection ${settings.name}`,
        reason: `Its credentials were written into the nats context ${name}.`,
        result: 'done',
      },
    ])
    const inbox = login.inboxPrefix === '_INBOX' ? {} : { inbox_prefix: login.inboxPrefix }
    const common = {
      name,
      description: `${settings.name}, by Muster`,
      urls: settings.urls,
      caPem: settings.caPem,
      certificate: login.certificate ?? null,
    }
    if (login.kind === 'password') {
      return {
        ...common,
        fields: { ...inbox, user: login.user, password: login.password },
        credentials: null,
      }
    }
    if (login.kind === 'token')
      return { ...common, fields: { ...inbox, token: login.token }, credentials: null }
    const credentials =
      login.kind === 'nkey'
        ? ({ extension: 'nk', text: login.seed } as const)
        : ({ extension: 'creds', text: credsText(login.jwt, login.seed) } as const)
    return { ...common, fields: inbox, credentials }
  }

  async #write(context: ContextToWrite) {
    try {
      return await writeContext(context, this.#environment)
    } catch (error) {
      if (error instanceof MusterError) throw error
      throw new RejectedError({
        code: 'FILE_NOT_WRITTEN',
        message: `The context could not be written: ${messageOf(error)}`,
        advice: 'Make room on this disk, or check who may write to the folder of the nats CLI.',
        cause: error,
      })
    }
  }

  async #contextNamed(name: string): Promise<ContextFile & { readonly fields: ContextFields }> {
    const file = (await listContexts(this.#environment)).find((context) => context.name === name)
    if (file?.fields !== undefined) return { ...file, fields: file.fields }
    throw file === undefined ? unknownContext(name) : unreadable(name)
  }

  async #summaryOf(file: ContextFile, selected: string): Promise<NatsContext> {
    const { name, fields } = file
    const common = { name, selected: name === selected, dialect: null, tenant: null }
    if (fields === undefined) {
      const problem = problemOf(unreadable(name))
      return { ...common, description: '', urls: [], login: 'none', tls: false, problem }
    }
    const urls = urlsOf(fields)
    const facts = {
      ...common,
      description: fields.description,
      urls: withoutUser(urls).urls,
      login: loginKindOf(fields),
      tls: fields.ca !== '' || fields.cert !== '' || urls.some((url) => /^(?:tls|wss):/u.test(url)),
    }
    try {
      const login = await loginOf(fields, this.#environment)
      await certificateOf(fields, this.#environment)
      if (withoutUser(urls).user) throw userInUrl()
      if (login.kind !== 'credentials') return { ...facts, problem: null }
      const parsed = parseCredentials(login.text)
      const reach = reachOf(userClaims(decodeJwt(parsed.jwt)).permissions)
      return {
        ...facts,
        dialect: reach.kind === 'tenant' || reach.kind === 'all-tenants' ? reach.dialect : null,
        tenant: parsed.tenant ?? (reach.kind === 'tenant' ? reach.tenant : null),
        problem: null,
      }
    } catch (thrown) {
      return { ...facts, problem: problemOf(toMusterError(thrown)) }
    }
  }
}

/** Addresses without user name and password, which would show wherever the address does. */
function withoutUser(urls: readonly string[]): { urls: string[]; user: boolean } {
  let user = false
  const clean = urls.map((text) => {
    if (!URL.canParse(text)) return text.replace(/\/\/[^@/]*@/u, '//')
    const url = new URL(text)
    if (url.username === '' && url.password === '') return text
    user = true
    return `${url.protocol}//${url.host}`
  })
  return { urls: clean, user }
}

function requireTenant(inFile: string | null, wanted: string): void {
  if (inFile === null || inFile === wanted) return
  throw new RejectedError({
    code: 'TENANT_MISMATCH',
    message: `These credentials are for the tenant ${inFile.slice(0, 64)}, not for ${wanted}.`,
    advice: 'Enter the tenant that the credentials are for.',
  })
}

function userInUrl(): RejectedError {
  return new RejectedError({
    code: 'CONTEXT_LOGIN',
    message:
      'The address in this context holds a user name. Muster keeps logins in the keychain, addresses not.',
    advice: 'Move user name and password into the fields of the context (nats context edit).',
  })
}

function unknownContext(name: string): RejectedError {
  return new RejectedError({
    code: 'CONTEXT_UNKNOWN',
    message: `There is no context ${name} any more.`,
    advice: 'Look at the list again.',
  })
}

function unreadable(name: string): RejectedError {
  return new RejectedError({
    code: 'CONTEXT_MALFORMED',
    message: `The file of the context ${name} is no JSON object, or far too large.`,
    advice: 'Mend it (nats context edit), or remove it.',
  })
}

function quoted(text: string): string {
  return /^[\w@.-]+$/u.test(text) ? text : `'${text}'`
}

function requireTenantRole(role: Role): Exclude<Role, 'registry'> {
  if (role !== 'registry') return role
  throw new RejectedError({
    code: 'ROLE_NEEDS_TENANT',
    message: 'The role of the registry belongs into the REGISTRY account, not to a tenant.',
    advice: 'Choose another role.',
  })
}
