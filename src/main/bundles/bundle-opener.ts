import type {
  BundleContents,
  BundleKeyhole,
  FoundBundle,
  WipeResult,
} from '#shared/contract/bundles.ts'
import { RejectedError } from '#shared/errors.ts'
import type { KeyAudit } from '../authority/key-use.ts'
import type { LedgerEntry } from '../authority/ledger.ts'
import { storedLogin, type StoredLogin } from '../mesh/remote-login.ts'
import { ownPath } from '../paths/own-path.ts'
import type { ReceiptStore } from './deliver/receipt-store.ts'
import type { CarriedCredential } from './open/carried-credentials.ts'
import { findBundles } from './open/find-bundles.ts'
import { judgeSigner, type OperatorKey } from './open/judge-signer.ts'
import { openBundle, type OpenedBundle } from './open/open-bundle.ts'
import { wipe } from './open/wipe.ts'

export interface BundleOpenerOptions {
  readonly ledger: { entriesOfKey(publicKey: string): LedgerEntry[] }
  /** Public key (O…) of this profile's operator; undefined where it has none. */
  readonly operator: () => string | undefined
  /** Its keys, those that were removed too. */
  readonly operatorKeys: () => readonly OperatorKey[]
  /** Saves a connection; returns its id. */
  readonly addConnection: (
    order: {
      readonly name: string
      readonly dialect: BundleContents['dialect']
      readonly urls: readonly string[]
      readonly tenant: string
      readonly caPem: string | null
    },
    login: StoredLogin,
  ) => Promise<string>
  readonly receipts: Pick<ReceiptStore, 'receiptOfFile'>
  readonly audit: KeyAudit
  readonly now?: () => Date
}

/** Bundles that come back: looked into, taken over, wiped. */
export class BundleOpener {
  readonly #options: BundleOpenerOptions

  constructor(options: BundleOpenerOptions) {
    this.#options = options
  }

  /**
   * Verifies a bundle and tells what is in it; no seed and no JWT. Writes nothing.
   * @throws see `openBundle` in open/open-bundle.ts; RejectedError `SIGNER_REMOVED`.
   */
  async open(path: string, keyhole: BundleKeyhole): Promise<BundleContents> {
    return this.#contentsOf(path, await openBundle(path, keyhole))
  }

  /**
   * Saves one credential of a bundle as a connection: to the keychain, with the bundle's addresses.
   * @throws as `open`; RejectedError `CREDENTIAL_NOT_IN_BUNDLE`, `JWT_…`; what the mesh and the keychain throw.
   */
  async importConnection(order: {
    path: string
    keyhole: BundleKeyhole
    publicKey: string
    connectionName: string
  }): Promise<{ connection: string }> {
    const opened = await openBundle(order.path, order.keyhole)
    const { manifest } = opened
    this.#judge(opened)
    const credential = withKey(opened, order.publicKey)
    const connection = await this.#options.addConnection(
      {
        name: order.connectionName,
        dialect: manifest.dialect,
        urls: manifest.urls.map((url) => url.replace(/^nats-leaf:/u, 'nats:')),
        tenant: manifest.tenant,
        caPem: caOf(opened, credential),
      },
      storedLogin(
        { kind: 'credentials', text: credential.text },
        { inboxPrefix: '', certificate: null },
      ),
    )
    this.#options.audit.record([
      {
        action: 'bundle-import',
        key: credential.publicKey,
        subject: `connection ${order.connectionName}`,
        reason: `From the bundle ${opened.name} of the operator ${manifest.operator.publicKey}.`,
        result: 'done',
      },
    ])
    return { connection }
  }

  /** @throws RejectedError `PATH_NOT_ABSOLUTE`. */
  find(path: string, signal: AbortSignal): Promise<FoundBundle[]> {
    const { receipts } = this.#options
    return findBundles(ownPath(path), (sha256) => receipts.receiptOfFile(sha256), signal)
  }

  /** Overwrites and deletes what `find` found in a folder. @throws RejectedError `PATH_NOT_ABSOLUTE`. */
  async wipe(path: string, bundles: readonly string[]): Promise<WipeResult> {
    const result = await wipe(ownPath(path), bundles)
    if (result.wiped.length > 0) {
      this.#options.audit.record([
        {
          action: 'bundle-wipe',
          key: null,
          subject: `${result.wiped.length} files and folders in ${path}`,
          reason: 'The person wiped bundles after they were delivered.',
          result: 'done',
        },
      ])
    }
    return result
  }

  #judge({ manifest, signedBy }: OpenedBundle): Pick<BundleContents, 'origin' | 'signer'> {
    const { operator, operatorKeys } = this.#options
    if (manifest.operator.publicKey !== operator()) {
      return { origin: 'other', signer: { state: 'unknown', retiredAt: null } }
    }
    return { origin: 'ours', signer: judgeSigner(operatorKeys(), signedBy, manifest.createdAt) }
  }

  #contentsOf(path: string, opened: OpenedBundle): BundleContents {
    const { manifest, signedBy, sealed, name, credentials } = opened
    const now = (this.#options.now ?? (() => new Date()))()
    const importable = credentials.some(
      ({ hasKey, expiresAt }) => hasKey && (expiresAt === null || expiresAt > now),
    )
    return {
      path,
      name,
      sealed,
      kind: manifest.kind,
      tenant: manifest.tenant,
      dialect: manifest.dialect,
      createdAt: manifest.createdAt,
      expiresAt: manifest.expiresAt,
      urls: manifest.urls,
      operator: { name: manifest.operator.name, publicKey: manifest.operator.publicKey },
      signedBy,
      ...this.#judge(opened),
      files: manifest.files.map((file) => ({
        path: file.path,
        purpose: file.purpose,
        bytes: file.bytes,
        sha256: file.sha256,
        expiresAt: file.expiresAt ?? null,
      })),
      credentials: [...Map.groupBy(credentials, ({ publicKey }) => publicKey).values()].flatMap(
        ([credential]) => (credential === undefined ? [] : this.#shown(credential)),
      ),
      importable,
    }
  }

  #shown({ name, publicKey, account, hasKey, expiresAt }: CarriedCredential) {
    const entry = this.#options.ledger.entriesOfKey(publicKey).at(-1)
    return {
      name,
      publicKey,
      account,
      role: entry?.role ?? '',
      key: hasKey,
      expiresAt: expiresAt?.toISOString() ?? null,
      state: entry?.state ?? null,
    }
  }
}

function withKey({ credentials }: OpenedBundle, publicKey: string): CarriedCredential {
  const found = credentials.find((one) => one.publicKey === publicKey && one.hasKey)
  if (found !== undefined) return found
  throw new RejectedError({
    code: 'CREDENTIAL_NOT_IN_BUNDLE',
    message: 'The bundle does not hold this credential with its private key.',
    advice: 'Choose one that has its key.',
  })
}

/** The certificate authority, inside of the credential or as a file beside it. */
function caOf({ manifest, files }: OpenedBundle, credential: CarriedCredential): string | null {
  if (credential.caPem !== null) return credential.caPem
  const listed = manifest.files.find(({ purpose }) => purpose === 'certificate')
  const content = listed === undefined ? undefined : files.get(listed.path)
  return content === undefined ? null : Buffer.from(content).toString('utf8')
}
