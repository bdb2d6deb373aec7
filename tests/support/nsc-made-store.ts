import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encodeJwt } from '../../src/main/authority/jwt.ts'
import { createNkey, type CreatedNkey } from '../../src/main/authority/nkey.ts'
import { signerOf } from '../../src/main/authority/signer.ts'

const DAY_SECONDS = 24 * 60 * 60

export interface UserOptions {
  readonly allow?: readonly string[]
  /** Unix seconds; the default is in 90 days, 0 is never. */
  readonly expiresAt?: number
  readonly signer?: CreatedNkey
  readonly key?: CreatedNkey
}

/** A store on disk as nsc lays it out, made without nsc. */
export class MadeStore {
  readonly folder: string
  readonly now = Math.floor(Date.now() / 1000)

  private constructor(folder: string) {
    this.folder = folder
  }

  static async create(): Promise<MadeStore> {
    return new MadeStore(await mkdtemp(join(tmpdir(), 'muster-made-store-')))
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts)
  }

  async write(path: string, content: string): Promise<string> {
    const full = this.path(path)
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, content, { mode: 0o600 })
    return full
  }

  keyPath({ publicKey }: CreatedNkey): string {
    return join('keys/keys', publicKey.slice(0, 1), publicKey.slice(1, 3), `${publicKey}.nk`)
  }

  async keep(...keys: readonly CreatedNkey[]): Promise<void> {
    for (const key of keys) await this.write(this.keyPath(key), key.seed)
  }

  async forget(...keys: readonly CreatedNkey[]): Promise<void> {
    for (const key of keys) await rm(this.path(this.keyPath(key)))
  }

  /** An operator with its system account, unless told otherwise; their keys are kept. */
  async operator(name: string, nats: object = {}): Promise<MadeOperator> {
    const key = createNkey('operator')
    const signing = createNkey('operator')
    const system = createNkey('account')
    await this.keep(key, signing, system)
    const made = new MadeOperator(this, name, key, signing, system)
    await this.write(
      `stores/${name}/.nsc`,
      JSON.stringify({ managed: false, name, kind: 'operator', version: '1' }),
    )
    await made.sign({
      signing_keys: [signing.publicKey],
      system_account: system.publicKey,
      ...nats,
    })
    await made.account('SYS', { key: system })
    return made
  }

  async remove(): Promise<void> {
    await chmod(this.folder, 0o700)
    await rm(this.folder, { recursive: true, force: true })
  }
}

export class MadeOperator {
  readonly store: MadeStore
  readonly name: string
  readonly key: CreatedNkey
  readonly signing: CreatedNkey
  readonly system: CreatedNkey

  constructor(
    store: MadeStore,
    name: string,
    key: CreatedNkey,
    signing: CreatedNkey,
    system: CreatedNkey,
  ) {
    this.store = store
    this.name = name
    this.key = key
    this.signing = signing
    this.system = system
  }

  sign(nats: object, expiresAt?: number): Promise<string> {
    const { store, name, key } = this
    const jwt = encodeJwt(
      {
        name,
        subject: key.publicKey,
        type: 'operator',
        nats,
        issuedAt: store.now,
        ...(expiresAt === undefined ? {} : { expiresAt }),
      },
      signerOf(key.seed),
    )
    return store.write(`stores/${name}/${name}.jwt`, jwt)
  }

  /** An account, with its key kept; signed by the operator unless told otherwise. */
  async account(
    name: string,
    options: {
      readonly key?: CreatedNkey
      readonly nats?: object
      readonly signer?: CreatedNkey
      readonly path?: string
    } = {},
  ): Promise<MadeAccount> {
    const key = options.key ?? createNkey('account')
    await this.store.keep(key)
    const account = new MadeAccount(this, name, key)
    const jwt = encodeJwt(
      {
        name,
        subject: key.publicKey,
        type: 'account',
        nats: {
          limits: {
            subs: -1,
            data: -1,
            payload: -1,
            imports: -1,
            exports: -1,
            wildcards: true,
            conn: -1,
            leaf: -1,
          },
          default_permissions: { pub: {}, sub: {} },
          ...options.nats,
        },
        issuedAt: this.store.now,
      },
      signerOf((options.signer ?? this.key).seed),
    )
    await this.store.write(options.path ?? `stores/${this.name}/accounts/${name}/${name}.jwt`, jwt)
    return account
  }
}

export class MadeAccount {
  readonly operator: MadeOperator
  readonly name: string
  readonly key: CreatedNkey

  constructor(operator: MadeOperator, name: string, key: CreatedNkey) {
    this.operator = operator
    this.name = name
    this.key = key
  }

  /** A user; its key is kept, as nsc does. */
  async user(name: string, options: UserOptions = {}): Promise<{ key: CreatedNkey; jwt: string }> {
    const { store } = this.operator
    const key = options.key ?? createNkey('user')
    await store.keep(key)
    const signer = options.signer ?? this.key
    const expiresAt = options.expiresAt ?? store.now + 90 * DAY_SECONDS
    const allow = options.allow ?? []
    const jwt = encodeJwt(
      {
        name,
        subject: key.publicKey,
        type: 'user',
        nats: {
          pub: { allow },
          sub: { allow },
          subs: -1,
          data: -1,
          payload: -1,
          ...(signer.publicKey === this.key.publicKey
            ? {}
            : { issuer_account: this.key.publicKey }),
        },
        issuedAt: expiresAt > 0 && expiresAt < store.now ? expiresAt - DAY_SECONDS : store.now,
        ...(expiresAt === 0 ? {} : { expiresAt }),
      },
      signerOf(signer.seed),
    )
    await store.write(`stores/${this.operator.name}/accounts/${this.name}/users/${name}.jwt`, jwt)
    return { key, jwt }
  }

  device(tenant: string, name: string, options: UserOptions = {}) {
    return this.user(name, { allow: [`device-connect.${tenant}.>`, '_INBOX.>'], ...options })
  }
}
