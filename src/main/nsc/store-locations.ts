import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a store may be: what is searched together, since stores and keys lie apart. */
export interface StoreLocation {
  /** Stable within a listing: what the window names it by. */
  readonly id: string
  /** Who puts a store there, in a few words. */
  readonly title: string
  /** Folders that belong together: the JWTs, the keys, the credential files. */
  readonly folders: readonly string[]
}

/** What of the environment decides where nsc keeps things. */
export interface StoreEnvironment {
  readonly home: string
  readonly variables: Readonly<Record<string, string | undefined>>
}

/**
 * The places in which nsc, its older versions and the scripts of the seed systems keep a store, the most
 * likely first (protocol.md, "NATS decentralized auth"; nsc's own `nsc env`). Whether anything is there
 * is another matter: see `existingLocations`.
 */
export function storeLocations({ home, variables }: StoreEnvironment): StoreLocation[] {
  const data = variables['XDG_DATA_HOME'] ?? join(home, '.local', 'share')
  const nscHome = variables['NSC_HOME']
  const keysPath = variables['NKEYS_PATH']
  const locations: StoreLocation[] = [
    {
      id: 'nsc',
      title: 'nsc',
      folders: [join(data, 'nats', 'nsc'), ...credentialFolders(home)],
    },
    {
      id: 'nsc-older',
      title: 'nsc, older versions',
      folders: [join(home, '.nsc'), join(home, '.nkeys'), ...credentialFolders(home)],
    },
  ]
  if (nscHome === undefined && keysPath === undefined) return locations
  const named = [nscHome, keysPath].filter((folder) => folder !== undefined)
  const title = 'NSC_HOME and NKEYS_PATH of this session'
  return [
    { id: 'environment', title, folders: [...named, join(data, 'nats', 'nsc')] },
    ...locations,
  ]
}

/** Those with something in them, besides the credential files that lie beside any store. */
export async function existingLocations(environment: StoreEnvironment): Promise<StoreLocation[]> {
  const beside = new Set(credentialFolders(environment.home))
  const found: StoreLocation[] = []
  for (const location of storeLocations(environment)) {
    const own = location.folders.filter((folder) => !beside.has(folder))
    const filled = await Promise.all(own.map(holdsSomething))
    if (filled.includes(true)) found.push(location)
  }
  return found
}

/** The devices' and services' credential files of both dialects (protocol.md, "Dialects"). */
function credentialFolders(home: string): string[] {
  return [join(home, '.device-connect', 'credentials'), join(home, '.fabric', 'credentials')]
}

async function holdsSomething(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0
  } catch (error) {
    // A folder that may not be read is worth showing: the scan says why it can't.
    return error instanceof Error && 'code' in error && error.code === 'EACCES'
  }
}
