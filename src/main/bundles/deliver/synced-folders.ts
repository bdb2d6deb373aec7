import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, sep } from 'node:path'

/** Folders that services keep the same on several computers, by the names that those give them. */
const BY_NAME: readonly { readonly pattern: RegExp; readonly service: string }[] = [
  { pattern: /^Dropbox(?: \(.+\))?$/iu, service: 'Dropbox' },
  { pattern: /^OneDrive(?: - .+)?$/iu, service: 'OneDrive' },
  { pattern: /^(?:Google Drive|GoogleDrive(?:-.+)?|My Drive)$/iu, service: 'Google Drive' },
  {
    pattern: /^(?:iCloud ?Drive|Mobile Documents|com~apple~CloudDocs)$/iu,
    service: 'iCloud Drive',
  },
  {
    pattern: /^(?:Nextcloud|ownCloud|pCloudDrive|MEGA|MEGAsync|Box|Box Sync)$/iu,
    service: 'a cloud folder',
  },
]

/** Files and folders by which a service marks the root of what it copies. */
const BY_MARK: readonly { readonly mark: string; readonly service: string }[] = [
  { mark: '.stfolder', service: 'Syncthing' },
  { mark: '.dropbox', service: 'Dropbox' },
  { mark: '.dropbox.cache', service: 'Dropbox' },
  { mark: '.sync_.db', service: 'Nextcloud' },
  { mark: '.owncloudsync.log', service: 'ownCloud' },
  { mark: '.849C9593-D756-4E56-8D6E-42412F2A707B', service: 'OneDrive' },
]

/** Macs copy Desktop and Documents to iCloud where this was left. */
const CLOUD_STORAGE = /[\\/]Library[\\/](?:CloudStorage|Mobile Documents)[\\/]/u

/**
 * What copies a folder to other computers, as far as its path and marks tell; undefined where nothing is known
 * to. The folder need not be there yet.
 */
export async function syncServiceOf(
  folder: string,
  variables: Readonly<Record<string, string | undefined>> = process.env,
  home = homedir(),
): Promise<string | undefined> {
  const real = await realOf(folder)
  if (CLOUD_STORAGE.test(`${real}${sep}`)) return 'a cloud folder'
  const roots = await knownRoots(variables, home)
  for (let at = real; ; at = dirname(at)) {
    const named = BY_NAME.find(({ pattern }) => pattern.test(basename(at)))
    if (named !== undefined) return named.service
    const root = roots.find(({ path }) => path === at)
    if (root !== undefined) return root.service
    const marked = await markIn(at)
    if (marked !== undefined) return marked
    if (dirname(at) === at) return undefined
  }
}

async function markIn(folder: string): Promise<string | undefined> {
  const names = new Set(await readdir(folder).catch(() => []))
  return BY_MARK.find(({ mark }) => names.has(mark))?.service
}

/** Roots that a service was told to use, whatever they are called. */
async function knownRoots(variables: Readonly<Record<string, string | undefined>>, home: string) {
  const roots = ['OneDrive', 'OneDriveConsumer', 'OneDriveCommercial'].flatMap((name) => {
    const path = variables[name]
    return path === undefined || path === '' ? [] : [{ path, service: 'OneDrive' }]
  })
  const dropbox = await dropboxRoots(home)
  const real = await Promise.all(
    [...roots, ...dropbox].map(async ({ path, service }) => ({
      path: await realOf(path),
      service,
    })),
  )
  return real
}

/** Dropbox writes where its folders are into a file of its own. */
async function dropboxRoots(home: string): Promise<{ path: string; service: string }[]> {
  const text = await readFile(join(home, '.dropbox', 'info.json'), 'utf8').catch(() => '')
  return [...text.slice(0, 65_536).matchAll(/"path":\s*"((?:[^"\\]|\\.)*)"/gu)].flatMap((match) => {
    try {
      const path: unknown = JSON.parse(`"${match[1] ?? ''}"`)
      return typeof path === 'string' ? [{ path, service: 'Dropbox' }] : []
    } catch {
      return []
    }
  })
}

/** The folder, or the nearest above it that is there, with links followed. */
async function realOf(folder: string): Promise<string> {
  for (let at = folder, rest: string[] = []; ; rest = [basename(at), ...rest], at = dirname(at)) {
    if (
      await stat(at).then(
        () => true,
        () => false,
      )
    )
      return join(await realpath(at), ...rest)
    if (dirname(at) === at) return folder
  }
}
