import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseCredentials, type ParsedCredentials } from '../../mesh/parse-credentials.ts'

const MAX_DEPTH = 4
const MAX_FILES = 20_000
/** A credential file has a few kilobytes; something else of that name may be of any size. */
const MAX_FILE_BYTES = 256 * 1024

/** A credential with its private key, found in a file of the person. Secret. */
export interface OwnCredential extends ParsedCredentials {
  readonly path: string
}

/** The good credentials with their keys in a folder and below it, by device. Others are passed over. */
export async function credentialsIn(
  folder: string,
  tenant: string,
  now: Date,
): Promise<ReadonlyMap<string, OwnCredential>> {
  const found = new Map<string, OwnCredential>()
  for (const path of await credentialPaths(folder, MAX_DEPTH)) {
    const credential = await readOne(path, now)
    if (credential === undefined || credential.tenant !== tenant) continue
    const { deviceId } = credential
    if (deviceId === null) continue
    const known = found.get(deviceId)
    if (known === undefined || later(credential, known)) found.set(deviceId, credential)
  }
  return found
}

async function credentialPaths(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const paths: string[] = []
  for (const entry of entries) {
    if (paths.length > MAX_FILES) break
    const path = join(folder, entry.name)
    if (entry.isFile() && entry.name.endsWith('.creds.json')) paths.push(path)
    else if (entry.isDirectory() && depth > 0)
      paths.push(...(await credentialPaths(path, depth - 1)))
  }
  return paths
}

async function readOne(path: string, now: Date): Promise<OwnCredential | undefined> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) return undefined
    return { ...parseCredentials(await readFile(path, 'utf8'), now), path }
  } catch {
    // Expired, without its key, or something else of that name.
    return undefined
  }
}

function later(one: ParsedCredentials, other: ParsedCredentials): boolean {
  return (one.expiresAt?.getTime() ?? Infinity) > (other.expiresAt?.getTime() ?? Infinity)
}
