import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isPublicKey } from '../authority/nkey.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { operatorKeysOf } from './operator-keys.ts'
import { explainFileError } from './mesh-files.ts'

const SUFFIX = '.jwt'
const OPERATOR = 'operator.jwt'

/**
 * Account JWTs as files, one per account: what the registry process serves to nats-servers that use the
 * URL resolver. Each file is replaced as a whole, so a server never fetches half of one.
 */
export class AccountFolder {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  async list(): Promise<readonly string[]> {
    const names = await readdir(this.path).catch(() => [])
    return names.flatMap((name) => {
      const publicKey = name.slice(0, -SUFFIX.length)
      return name.endsWith(SUFFIX) && isPublicKey(publicKey, 'account') ? [publicKey] : []
    })
  }

  async read(publicKey: string): Promise<string | undefined> {
    if (!isPublicKey(publicKey, 'account')) return undefined
    const text = await readFile(this.#file(publicKey), 'utf8').catch(() => undefined)
    return text?.trim()
  }

  /** @throws RejectedError `MESH_FOLDER_UNWRITABLE`; TransientError `DISK_FULL`. */
  async write(publicKey: string, jwt: string): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 })
      if ((await this.read(publicKey)) !== jwt) await writeFileAtomic(this.#file(publicKey), jwt)
    } catch (error) {
      throw explainFileError(error, this.path)
    }
  }

  /** Keys of the operator that must have signed what lies here; undefined where that is not written down. */
  async operatorKeys(): Promise<readonly string[] | undefined> {
    const jwt = await readFile(join(this.path, OPERATOR), 'utf8').catch(() => undefined)
    return jwt === undefined ? undefined : operatorKeysOf(jwt.trim())
  }

  /** @throws RejectedError `MESH_FOLDER_UNWRITABLE`; TransientError `DISK_FULL`. */
  async writeOperator(jwt: string): Promise<void> {
    try {
      await mkdir(this.path, { recursive: true, mode: 0o700 })
      await writeFileAtomic(join(this.path, OPERATOR), jwt)
    } catch (error) {
      throw explainFileError(error, this.path)
    }
  }

  async remove(publicKey: string): Promise<void> {
    await rm(this.#file(publicKey), { force: true })
  }

  #file(publicKey: string): string {
    return join(this.path, `${publicKey}${SUFFIX}`)
  }
}
