import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RejectedError, TransientError } from '#shared/errors.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import { serverConfigText, type MeshPaths, type ServerConfig } from './server-config.ts'

/** What a server in operator mode has to hold when it starts. */
export interface ServerAccounts {
  readonly operatorJwt: string
  readonly systemAccount: { readonly publicKey: string; readonly jwt: string }
  readonly accounts: readonly { readonly publicKey: string; readonly jwt: string }[]
}

/**
 * Writes all that nats-server reads at its start. Account JWTs go into the resolver's folder, so that
 * every account exists from the first moment, and a drifted one is mended.
 * @throws RejectedError `MESH_FOLDER_UNWRITABLE`; TransientError `DISK_FULL`.
 */
export async function writeServerFiles(
  paths: MeshPaths,
  config: Omit<ServerConfig, 'systemAccount'>,
  accounts: ServerAccounts,
): Promise<void> {
  try {
    for (const folder of [paths.resolver, paths.jetStream]) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
    }
    await writeIfChanged(paths.operatorJwt, accounts.operatorJwt)
    for (const { publicKey, jwt } of [accounts.systemAccount, ...accounts.accounts]) {
      await writeIfChanged(join(paths.resolver, `${publicKey}.jwt`), jwt)
    }
    const { systemAccount } = accounts
    await writeFileAtomic(paths.config, serverConfigText({ ...config, systemAccount }, paths))
  } catch (error) {
    throw explainFileError(error, paths.folder)
  }
}

/** Errors of the file system as errors that read as help; others unchanged. */
export function explainFileError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(error)
  if (typeof code !== 'string' || !UNWRITABLE.has(code)) return error
  return folderUnwritable(folder, error)
}

/** What to tell when the mesh's folder can't be written. */
export function folderUnwritable(folder: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'MESH_FOLDER_UNWRITABLE',
    message: `Muster can not write the files of its local mesh into ${folder}.`,
    advice:
      'Check that the folder is yours, that you may write in it and that it is not on a read-only disk.',
    details: { folder },
    cause,
  })
}

/** What to tell when the disk that holds the mesh is full. */
export function diskFull(cause?: unknown): TransientError {
  return new TransientError({
    code: 'DISK_FULL',
    message: 'The disk is full, so the local mesh can not be started.',
    advice:
      'Free some space on the disk that holds the Muster profile. Muster tries again by itself.',
    cause,
  })
}

const UNWRITABLE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOTDIR',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'ELOOP',
  'ENAMETOOLONG',
])

async function writeIfChanged(path: string, text: string): Promise<void> {
  const before = await readFile(path, 'utf8').catch(() => undefined)
  if (before !== text) await writeFileAtomic(path, text)
}
