import type { StarterName } from '#shared/contract/bundles.ts'
import type { DialectName } from '#shared/protocol/dialect.ts'

/** What a file of a bundle is for; it stands in the manifest. */
export type FilePurpose =
  | 'credential'
  | 'settings'
  | 'certificate'
  | 'readme'
  | 'script'
  | 'server-config'
  | 'starter'

/** A file of a bundle. `content` may be secret. */
export interface ContentFile {
  /** Relative, with forward slashes. */
  readonly path: string
  readonly content: Uint8Array
  /** Permission bits. */
  readonly mode: number
  readonly purpose: FilePurpose
  /** Of the user (U…) whose credential it holds. */
  readonly publicKey?: string
  /** When the credential in it expires. */
  readonly expiresAt?: Date
}

/** A credential on its way. `jwt` and `seed` are secrets. */
export interface PackedCredential {
  /** The device's id, where it is a device's. */
  readonly name: string
  /** Name of its file, without an ending: see `safeName`. */
  readonly file: string
  readonly publicKey: string
  readonly jwt: string
  /** Absent where its holder keeps the key. */
  readonly seed?: string
  readonly expiresAt: Date
  /** Under which its user hears answers. */
  readonly inboxPrefix: string
}

/** All that the layouts are made of. Secret. */
export interface Parcel {
  readonly dialect: DialectName
  readonly tenant: string
  /** Where the receiving side reaches the mesh, the first choice first. */
  readonly urls: readonly string[]
  /** Certificate authority of the mesh, where it is not one that systems know. */
  readonly caPem: string | null
  readonly credentials: readonly PackedCredential[]
  readonly alsoCreds: boolean
  readonly certificates: 'inline' | 'files'
  readonly starters: readonly StarterName[]
  readonly createdAt: Date
}

/** Whoever unpacks it as another user must not read what is secret. */
export const SECRET_MODE = 0o600
export const OPEN_MODE = 0o644
export const SCRIPT_MODE = 0o755

export function textFile(
  path: string,
  text: string,
  purpose: FilePurpose,
  mode = OPEN_MODE,
): ContentFile {
  return { path, content: Buffer.from(text, 'utf8'), mode, purpose }
}
