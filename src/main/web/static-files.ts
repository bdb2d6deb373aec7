import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { InternalError } from '#shared/errors.ts'

export interface StaticFile {
  readonly content: Buffer
  readonly contentType: string
  /** Its name carries a hash of its content, so it never changes. */
  readonly immutable: boolean
}

/** Files by request path, such as `/index.html`. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/**
 * Reads a folder once into a fixed table. Requests are looked up in it and never become paths, so
 * there is nothing to traverse; a file that appears later is not served.
 * @throws InternalError `RENDERER_MISSING` where the folder holds no index.html.
 */
export async function loadStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  for (const path of await listFiles(folder)) {
    const contentType = CONTENT_TYPES[extname(path)]
    if (contentType === undefined) continue
    const name = `/${relative(folder, path).split(sep).join('/')}`
    files.set(name, {
      content: await readFile(path),
      contentType,
      immutable: name.startsWith('/assets/'),
    })
  }
  const index = files.get('/index.html')
  if (index === undefined) {
    throw new InternalError({
      code: 'RENDERER_MISSING',
      message: 'The files of the window are missing from this installation.',
      advice: 'Build the app (npm run build) or install it again.',
    })
  }
  files.set('/', index)
  return files
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    throw new InternalError({
      code: 'RENDERER_MISSING',
      message: 'The files of the window are missing from this installation.',
      advice: 'Build the app (npm run build) or install it again.',
      cause: error,
    })
  }
}
