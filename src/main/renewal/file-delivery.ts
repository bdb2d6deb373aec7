import { access, constants, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { messageOf } from '#shared/errors.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { safeName } from '../files/safe-name.ts'
import type { DeliveryOrder, DeliveryOutcome, RenewalDelivery } from './delivery.ts'
import { folderUnusable } from './renewal-errors.ts'

/** Where the files of a job go. */
export interface JobFolders {
  folderOf(jobId: string): string | null
}

/**
 * Lays credentials down as `NAME.creds.json` in a folder of the job. They hold no private key: Muster has
 * none of them, so each holder adds its own.
 */
export class FileDelivery implements RenewalDelivery {
  readonly #folders: JobFolders

  constructor(folders: JobFolders) {
    this.#folders = folders
  }

  check(): Promise<void> {
    return Promise.resolve()
  }

  /** @throws RejectedError `RENEWAL_FOLDER`. */
  async deliver({ jobId, recipient, file }: DeliveryOrder): Promise<DeliveryOutcome> {
    const folder = this.#folders.folderOf(jobId) ?? ''
    const place = join(folder, safeName(recipient.tenant ?? 'mesh'))
    const name = safeName(
      recipient.deviceId ?? `${recipient.name}-${recipient.publicKey.slice(-8)}`,
    )
    try {
      await writeFileAtomic(join(place, `${name}.creds.json`), `${JSON.stringify(file, null, 2)}\n`)
    } catch (error) {
      throw folderUnusable(place, messageOf(error))
    }
    return 'laid-down'
  }
}

/**
 * A new folder for the files of a job, in one that the person chose: what lies there already, such as
 * a credential with its key, is never written over.
 * @throws RejectedError `RENEWAL_FOLDER`.
 */
export async function newJobFolder(chosen: string, jobId: string, now: Date): Promise<string> {
  if (!isAbsolute(chosen)) throw folderUnusable(chosen, 'it is not an absolute path')
  const folder = await writableFolder(chosen).catch((error: unknown) => {
    throw folderUnusable(chosen, messageOf(error))
  })
  if (folder === undefined) throw folderUnusable(chosen, 'it is not a folder')
  return join(folder, `renewed-${now.toISOString().slice(0, 10)}-${jobId.slice(0, 8)}`)
}

async function writableFolder(chosen: string): Promise<string | undefined> {
  const folder = await realpath(chosen)
  if (!(await stat(folder)).isDirectory()) return undefined
  await access(folder, constants.W_OK)
  return folder
}
