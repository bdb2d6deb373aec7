import type {
  KeyHolder,
  KeyImpact,
  KeysOverview,
  KeysUpdate,
  Redelivery,
  RoleView,
  SigningKey,
  UnfinishedProcedure,
} from '#shared/contract/keys.ts'
import { dialectOf } from '#shared/protocol/dialect.ts'
import type { PermissionTemplate } from '#shared/protocol/permission-template.ts'
import { ROLE_NAMES, type Role } from '#shared/protocol/roles.ts'
import type { Authority } from '../authority/authority.ts'
import type { SigningKeyState } from '../authority/authority-keys.ts'
import type { AccountKind } from '../authority/authority-store.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import type { UnfinishedProcedure as Unfinished } from '../steps/procedures.ts'

/** Changes of keys wait for servers, and an operator's for every account. */
const CHANGE_TIMEOUT_MS = 5 * 60_000
const LOOK_TIMEOUT_MS = 4_000
/** Procedures tell each step; the window is told twenty times a second at most. */
const TELL_INTERVAL_MS = 50
const SHOWN = 200

/** Somebody who is connected now. */
export interface ConnectedUser {
  readonly userKey: string
  readonly address: string
}

export interface KeysServiceOptions {
  readonly authority: Authority
  /** Who of those that are wanted is connected to an account. @throws MusterError where no server can be asked. */
  readonly connected: (
    account: string,
    wanted: (userKey: string) => boolean,
    signal: AbortSignal,
  ) => Promise<readonly ConnectedUser[]>
}

/** Keys, roles and unfinished procedures as the window shows them. */
export class KeysService {
  readonly #authority: Authority
  readonly #connected: KeysServiceOptions['connected']
  readonly #closing = new AbortController()

  constructor(options: KeysServiceOptions) {
    this.#authority = options.authority
    this.#connected = options.connected
  }

  async overview(): Promise<KeysOverview> {
    const { keys } = this.#authority
    const holders: KeyHolder[] = []
    for (const { kind, name, publicKey, held, offlineAt } of await keys.identityState()) {
      const states =
        kind === 'operator' ? await keys.operatorKeys() : await keys.signingKeysOf(publicKey)
      holders.push({
        publicKey,
        kind,
        name,
        tenants: this.#tenantsIn(publicKey),
        identity: held ? 'here' : offlineAt === null ? 'missing' : 'offline',
        signingKeys: states.map(signingKeyOf),
      })
    }
    return { holders: holders.toSorted((one, other) => RANK[one.kind] - RANK[other.kind]) }
  }

  /** Tells the unfinished procedures now and after each step, bundled. */
  subscribe(listener: (update: KeysUpdate) => void): () => void {
    const { procedures } = this.#authority
    let timer: NodeJS.Timeout | undefined
    const tell = () => {
      timer = undefined
      listener({ type: 'snapshot', unfinished: procedures.unfinished().map(unfinishedOf) })
    }
    tell()
    const stop = procedures.subscribe(() => {
      timer ??= setTimeout(tell, TELL_INTERVAL_MS)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }

  async resume(id: string): Promise<void> {
    await this.#authority.procedures.resume(id, this.#until())
  }

  async rollBack(id: string): Promise<void> {
    await this.#authority.procedures.rollBack(id, this.#until())
  }

  keyImpact(account: string, signingKey: string): Promise<KeyImpact> {
    return this.#impact([account], [signingKey])
  }

  async rotate(request: { account: string; signingKey: string; cut: boolean }): Promise<void> {
    await this.#authority.keys.rotateAccountKey(request, this.#until())
  }

  async rotateOperator(): Promise<void> {
    await this.#authority.keys.rotateOperatorKey(this.#until())
  }

  async addRole(request: { account: string; role: Role; tenant: string | null }): Promise<void> {
    await this.#authority.keys.addRoleKey(request, this.#until())
  }

  async remove(request: { account: string; signingKey: string; cut: boolean }): Promise<void> {
    await this.#authority.keys.removeAccountKey(request, this.#until())
  }

  roles(): { root: string; hasOperator: boolean; roles: RoleView[] } {
    const { keys } = this.#authority
    const operator = this.#authority.operator()
    const names = new Map(this.#authority.accounts().map((row) => [row.publicKey, row.name]))
    const scoped = keys.scopedKeys()
    const roles = [...ROLE_NAMES, ...keys.customRoles()].map((role): RoleView => ({
      role,
      template: templateOf(keys.template(role)),
      comesWith: templateOf(keys.comesWith(role)),
      editedAt: keys.templateEditedAt(role)?.toISOString() ?? null,
      keys: scoped
        .filter((key) => key.role === role)
        .map(({ publicKey, account, tenant }) => ({
          publicKey,
          account,
          accountName: names.get(account) ?? '',
          tenant,
        })),
    }))
    const root = dialectOf(operator?.dialect ?? 'device-connect').subjectRoot
    return { root, hasOperator: operator !== undefined, roles }
  }

  roleImpact(role: Role): Promise<KeyImpact> {
    const keys = this.#authority.keys.scopedKeys().filter((key) => key.role === role)
    const accounts = [...new Set(keys.map(({ account }) => account))]
    return this.#impact(
      accounts,
      keys.map(({ publicKey }) => publicKey),
    )
  }

  async setRole(role: Role, template: PermissionTemplate | null): Promise<void> {
    await this.#authority.keys.setTemplate(role, template, this.#until())
  }

  close(): void {
    this.#closing.abort()
  }

  async #impact(accounts: readonly string[], signingKeys: readonly string[]): Promise<KeyImpact> {
    const { ledger, keys } = this.#authority
    const left = signingKeys.flatMap((key) => keys.notReplaced(key))
    const signed = new Set(signingKeys)
    return {
      credentials: signingKeys.reduce((sum, key) => sum + ledger.countSignedBy(key), 0),
      redeliveries: left.slice(0, SHOWN).map(redeliveryOf),
      redeliveryCount: left.length,
      connected: await this.#connectedUsers(accounts, signed),
    }
  }

  /** Whom the ledger knows to be connected by one of these keys; the app's own connections are left out. */
  async #connectedUsers(
    accounts: readonly string[],
    signingKeys: ReadonlySet<string>,
  ): Promise<KeyImpact['connected']> {
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)])
    try {
      const found = await Promise.all(
        accounts.map(async (account) => {
          const entryOf = (userKey: string) => this.#entryBy(account, userKey, signingKeys)
          const wanted = (userKey: string) => entryOf(userKey) !== undefined
          const users = await this.#connected(account, wanted, signal)
          return users.flatMap(({ userKey, address }) => {
            const entry = entryOf(userKey)
            if (entry === undefined) return []
            return { name: entry.deviceId ?? entry.name, tenant: entry.tenant, address }
          })
        }),
      )
      return found.flat().slice(0, SHOWN)
    } catch {
      // Unknown is told as such; the change itself does not depend on it.
      return null
    }
  }

  /** The newest credential of a user in an account, where one of these keys signed it. */
  #entryBy(
    account: string,
    userKey: string,
    signingKeys: ReadonlySet<string>,
  ): LedgerEntry | undefined {
    const entry = this.#authority.ledger
      .entriesOfKey(userKey)
      .findLast((each) => each.account === account && each.delivery !== 'internal')
    return entry !== undefined && signingKeys.has(entry.signingKey) ? entry : undefined
  }

  #tenantsIn(account: string): string[] {
    return this.#authority
      .tenants()
      .filter((tenant) => tenant.account === account)
      .map(({ name }) => name)
  }

  #until(): AbortSignal {
    return AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CHANGE_TIMEOUT_MS)])
  }
}

const RANK: Readonly<Record<'operator' | AccountKind, number>> = {
  operator: 0,
  system: 1,
  registry: 2,
  shared: 3,
  tenant: 4,
}

function signingKeyOf(state: SigningKeyState): SigningKey {
  return { ...state, createdAt: state.createdAt?.toISOString() ?? null }
}

function unfinishedOf(procedure: Unfinished): UnfinishedProcedure {
  const { id, title, running, direction, beganAt, changedAt, steps } = procedure
  const { waitsFor, problem, canResume, canRollBack } = procedure
  return {
    id,
    title,
    running,
    direction,
    beganAt: beganAt.toISOString(),
    changedAt: changedAt.toISOString(),
    steps: [...steps],
    waitsFor,
    problem,
    canResume,
    canRollBack,
  }
}

function redeliveryOf(entry: LedgerEntry): Redelivery {
  const { id, name, tenant, deviceId, role, expiresAt } = entry
  return { id, name, tenant, deviceId, role, expiresAt: expiresAt.toISOString() }
}

function templateOf({ pub, sub, answers, inbox }: PermissionTemplate): RoleView['template'] {
  const rules = (list: PermissionTemplate['pub']) => ({
    allow: [...list.allow],
    deny: [...list.deny],
  })
  return { pub: rules(pub), sub: rules(sub), answers, inbox }
}
