import { readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { RejectedError } from '#shared/errors.ts'

/** What of the environment decides where the nats CLI keeps its contexts. */
export interface ContextEnvironment {
  readonly home: string
  readonly variables: Readonly<Record<string, string | undefined>>
}

export function usualEnvironment(): ContextEnvironment {
  return { home: homedir(), variables: process.env }
}

const MAX_CONTEXT_BYTES = 256 * 1024
/** A file that a context refers to: credentials, a certificate. */
const MAX_REFERRED_BYTES = 1024 * 1024

const Text = z.string().catch('')

/**
 * The fields of a context that matter to a connection, as the nats CLI names them
 * (github.com/nats-io/jsm.go, natscontext). The others are kept as they are.
 */
const Fields = z.object({
  description: Text.default(''),
  url: Text.default(''),
  token: Text.default(''),
  user: Text.default(''),
  password: Text.default(''),
  creds: Text.default(''),
  nkey: Text.default(''),
  cert: Text.default(''),
  key: Text.default(''),
  ca: Text.default(''),
  nsc: Text.default(''),
  user_jwt: Text.default(''),
  inbox_prefix: Text.default(''),
})
export type ContextFields = z.infer<typeof Fields> & {
  /** The file as it is, to be kept where it is written anew. */
  readonly raw: Readonly<Record<string, unknown>>
}

export interface ContextFile {
  readonly name: string
  readonly path: string
  /** Undefined where the file can't be understood. */
  readonly fields: ContextFields | undefined
}

/** The folder of contexts, the note of the chosen one, and our own files beside them. */
export function contextPaths({ home, variables }: ContextEnvironment) {
  const config = variables['XDG_CONFIG_HOME'] ?? join(home, '.config')
  const root = join(config, 'nats')
  return {
    folder: join(root, 'context'),
    selected: join(root, 'context.txt'),
    ours: join(root, 'muster'),
  }
}

/** Whether the nats CLI takes this name; it becomes a file. */
export function requireContextName(name: string): string {
  if (/^[\p{L}\p{N}_-][\p{L}\p{N} ._@-]{0,99}$/u.test(name) && !name.includes('..')) return name
  throw new RejectedError({
    code: 'CONTEXT_NAME',
    message: 'This can not be the name of a context: it becomes a file.',
    advice: 'Use letters, digits, dots, dashes and underscores.',
  })
}

/** All contexts, by name. A folder that is not there holds none. */
export async function listContexts(environment: ContextEnvironment): Promise<ContextFile[]> {
  const { folder } = contextPaths(environment)
  const names = await readdir(folder).catch(() => [])
  const found: ContextFile[] = []
  for (const file of names.toSorted((a, b) => a.localeCompare(b))) {
    if (!file.endsWith('.json')) continue
    const path = join(folder, file)
    found.push({ name: file.slice(0, -'.json'.length), path, fields: await readFields(path) })
  }
  return found
}

/** Name of the context that the nats CLI uses where none is named; empty where there is none. */
export async function selectedContext(environment: ContextEnvironment): Promise<string> {
  const { selected } = contextPaths(environment)
  return (await readFile(selected, 'utf8').catch(() => '')).trim()
}

/** The fields of a context file; undefined where it is missing, too large or no JSON object. */
export async function readFields(path: string): Promise<ContextFields | undefined> {
  try {
    if ((await stat(path)).size > MAX_CONTEXT_BYTES) return undefined
    const raw: unknown = JSON.parse(await readFile(path, 'utf8'))
    return { ...Fields.parse(raw), raw: z.record(z.string(), z.unknown()).parse(raw) }
  } catch {
    return undefined
  }
}

/** A path as people write it in a context: `~` and variables are expanded. */
export function expandPath(text: string, { home, variables }: ContextEnvironment): string {
  const filled = text.replaceAll(
    /\$\{(\w+)\}|\$(\w+)/gu,
    (whole, braced: string | undefined, bare: string | undefined) =>
      variables[braced ?? bare ?? ''] ?? whole,
  )
  const path = filled.replace(/^~(?=[/\\]|$)/u, home)
  return isAbsolute(path) ? path : join(home, path)
}

/**
 * Text of a file that a context refers to.
 * @throws RejectedError `CONTEXT_FILE`, without the file's text.
 */
export async function readReferred(
  text: string,
  what: string,
  environment: ContextEnvironment,
): Promise<string> {
  const path = expandPath(text, environment)
  try {
    if ((await stat(path)).size <= MAX_REFERRED_BYTES) return await readFile(path, 'utf8')
  } catch {
    // Told below.
  }
  throw new RejectedError({
    code: 'CONTEXT_FILE',
    message: `The context names a ${what} that can not be read: ${path}.`,
    advice: 'Put the file back, or change the context (nats context edit).',
    details: { path },
  })
}
