import { mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { ConflictError, messageOf, RejectedError, TransientError } from '#shared/errors.ts'
import type { CredentialFile } from '#shared/protocol/credentials.ts'
import { decodeJwt } from '../authority/jwt.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'

const UNWRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'ENOENT',
  'EINVAL',
])
/** A credential file has a few kilobytes; something else of that name may be of any size. */
const MAX_FILE_BYTES = 256 * 1024

/** The folder that a person named for credential files: `TENANT/credentials/NAME.creds.json` in it. */
export class CredentialFolder {
  readonly path: string

  /** @throws RejectedError `FOLDER_INVALID` where it is no absolute path. */
  constructor(path: string) {
    const trimmed = path.trim()
    if (!isAbsolute(trimmed) || /\p{Cc}/u.test(trimmed)) {
      throw new RejectedError({
        code: 'FOLDER_INVALID',
        message: 'The folder for the credential files has to be an absolute path on this computer.',
        advice:
          'Type it from the root on, for example /home/me/credentials or C:\\Users\\me\\credentials.',
      })
    }
    this.path = resolve(trimmed)
  }

  /**
   * Makes the folder and proves that it can be written in.
   * @throws RejectedError `FOLDER_UNWRITABLE`; TransientError `DISK_FULL`.
   */
  async requireWritable(): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 })
      const probe = join(this.path, `.muster-${process.pid}.tmp`)
      await (await open(probe, 'w', 0o600)).close()
      await rm(probe)
    } catch (error) {
      throw explained(error, this.path)
    }
  }

  fileOf(tenant: string, name: string): string {
    return join(this.path, tenant, 'credentials', `${name}.creds.json`)
  }

  /** A credential of somebody else is never written over. @throws ConflictError `FILE_EXISTS`. */
  async requireAbsent(tenant: string, name: string): Promise<void> {
    const path = this.fileOf(tenant, name)
    if ((await stat(path).catch(() => undefined)) === undefined) return
    throw new ConflictError({
      code: 'FILE_EXISTS',
      message: `There is a file ${path} already, which may be the only copy of a credential that works.`,
      advice: 'Choose another folder, or move that file away.',
      details: { path },
    })
  }

  /** Writes one, mode 0600, all of it or nothing. @throws as `requireWritable`. */
  async write(tenant: string, name: string, file: CredentialFile): Promise<void> {
    const path = this.fileOf(tenant, name)
    try {
      await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
    } catch (error) {
      throw explained(error, dirname(path))
    }
  }

  /** Public key (U…) of the user whose credential a file holds; undefined where it holds none. */
  async keyIn(tenant: string, name: string): Promise<string | undefined> {
    try {
      const path = this.fileOf(tenant, name)
      if ((await stat(path)).size > MAX_FILE_BYTES) return undefined
      const content = JSON.parse(await readFile(path, 'utf8')) as Partial<CredentialFile> | null
      const jwt = content?.nats?.jwt
      return typeof jwt === 'string' ? decodeJwt(jwt).sub : undefined
    } catch {
      return undefined
    }
  }

  /** Removes what a write that a crash cut off left behind: it may hold a seed. */
  async sweep(tenant: string): Promise<void> {
    const folder = join(this.path, tenant, 'credentials')
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      if (/^\..+\.creds\.json\.[0-9a-f]{12}\.tmp$/u.test(name))
        await rm(join(folder, name), { force: true })
    }
  }
}

function explained(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TransientError({
      code: 'DISK_FULL',
      message: `The disk that holds ${folder} is full.`,
      advice: 'Free some space, then resume; what was written stays.',
      details: { folder },
      cause: error,
    })
  }
  if (!UNWRITABLE.has(code)) return error
  return new RejectedError({
    code: 'FOLDER_UNWRITABLE',
    message: `Muster can not write into ${folder}: ${messageOf(error)}`,
    advice: 'Choose a folder that is yours and not on a read-only disk.',
    details: { folder },
    cause: error,
  })
}
