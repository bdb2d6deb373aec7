import { stat } from 'node:fs/promises'
import { readFile } from 'node:fs/promises'
import { RejectedError } from '#shared/errors.ts'
import { oneLine } from '#shared/plain-text.ts'
import { writeFileAtomic } from '../files/atomic-write.ts'
import type { ResolverKind } from './resolver-way.ts'

const BEGIN = '# >>> Muster: operator, system account, resolver. Written by Muster.'
const END = '# <<< Muster: what stands below is yours and is kept.'

/** Account JWTs are public, but a configuration file may hold more than them. */
const NEW_FILE_MODE = 0o640
/** Of a name in a comment. */
const MAX_NAME_CHARS = 128

/** What a server has to be told of an operator and its accounts. */
export interface GeneratedConfig {
  readonly resolver: ResolverKind
  readonly operatorJwt: string
  readonly systemAccount: string
  /** By public key; the full resolver needs the system account only, the URL resolver none. */
  readonly preload: ReadonlyMap<string, { readonly name: string; readonly jwt: string }>
  /** URL resolver: the collection of accounts, with a slash at its end. */
  readonly accountsUrl?: string
}

/** The generated part of a nats-server configuration, between its marks. */
export function generatedText(config: GeneratedConfig): string {
  return `${BEGIN}
operator: ${config.operatorJwt}
system_account: ${config.systemAccount}
${resolverLine(config)}
${preloadText(config)}${END}
`
}

function preloadText({ resolver, preload }: GeneratedConfig): string {
  // nats-server refuses to start with accounts for a resolver that it can't write to.
  if (resolver === 'url') return ''
  const entries = [...preload].map(
    ([publicKey, { name, jwt }]) =>
      `  # ${oneLine(name).slice(0, MAX_NAME_CHARS)}\n  ${publicKey}: ${jwt}\n`,
  )
  return `resolver_preload: {\n${entries.join('')}}\n`
}

/**
 * A configuration file whose beginning Muster writes. Whatever stands above or below the generated part
 * belongs to the server's admin and is kept byte by byte.
 */
export class GeneratedConfigFile {
  readonly path: string

  constructor(path: string) {
    this.path = path
  }

  /**
   * The account JWTs of the generated part, by public key; empty where there is none yet.
   * @throws RejectedError `SERVER_CONFIG_UNREADABLE`, `SERVER_CONFIG_CUT`.
   */
  async preload(): Promise<ReadonlyMap<string, { readonly name: string; readonly jwt: string }>> {
    const { generated } = partsOf(await this.#read())
    const entries = generated.matchAll(/^ {2}# (.*)\n {2}(A[A-Z2-7]{55}): (\S+)$/gmu)
    return new Map(
      [...entries].map(([, name = '', publicKey = '', jwt = '']) => [publicKey, { name, jwt }]),
    )
  }

  /**
   * Writes the generated part, atomically; a new file where there is none.
   * @throws RejectedError `SERVER_CONFIG_UNREADABLE`, `SERVER_CONFIG_CUT`, `SERVER_CONFIG_TAKEN` where the admin's part says
   *   what the generated part has to say; the file system's error, the old file standing.
   */
  async write(config: GeneratedConfig): Promise<void> {
    const { above, below } = partsOf(await this.#read())
    requireFree(above + below, this.path)
    const mode = await stat(this.path).then(
      (entry) => entry.mode & 0o777,
      () => NEW_FILE_MODE,
    )
    await writeFileAtomic(this.path, above + generatedText(config) + below, { mode })
  }

  /** The file in which the server leaves its process id, where its configuration names one. */
  async pidFile(): Promise<string | undefined> {
    const { above, below } = partsOf(await this.#read())
    const match = /^\s*pid_?file\s*[:=]?\s*["']?([^"'\n]+?)["']?\s*;?\s*$/imu.exec(above + below)
    return match?.[1]
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
      throw new RejectedError({
        code: 'SERVER_CONFIG_UNREADABLE',
        message: `Muster can not read the configuration file ${this.path} of the NATS server.`,
        advice: 'Check the path in Settings, Mesh, and that you may read and write the file.',
        details: { path: this.path },
        cause: error,
      })
    }
  }
}

function partsOf(text: string): { above: string; generated: string; below: string } {
  const begin = text.indexOf(BEGIN)
  const end = text.indexOf(END)
  if (begin === -1 && end === -1) return { above: '', generated: '', below: text }
  if (begin === -1 || end < begin || text.includes(BEGIN, begin + 1)) throw cut()
  const after = text.indexOf('\n', end)
  return {
    above: text.slice(0, begin),
    generated: text.slice(begin, end),
    below: after === -1 ? '' : text.slice(after + 1),
  }
}

function requireFree(text: string, path: string): void {
  const clash =
    /^\s*(operators?|system_account|system|resolver|resolver_preload)\s*[:={\s]/imu.exec(text)?.[1]
  if (clash === undefined) return
  throw new RejectedError({
    code: 'SERVER_CONFIG_TAKEN',
    message: `The configuration file has a line “${clash}” of its own, outside of the part that Muster writes. One of the two would be ignored.`,
    advice: `Take “${clash}” out of the file, then try again. Nothing was written.`,
    details: { path, line: clash },
  })
}

function cut(): RejectedError {
  return new RejectedError({
    code: 'SERVER_CONFIG_CUT',
    message:
      'One of the two marks around the part of the configuration file that Muster writes is missing or stands twice, so Muster can not tell what is yours.',
    advice: `Put the marks back, or take the whole part out. It begins with “${BEGIN}” and ends with “${END}”.`,
  })
}

function resolverLine({ resolver, accountsUrl = '' }: GeneratedConfig): string {
  switch (resolver) {
    case 'full':
      return 'resolver: { type: full, dir: "resolver", allow_delete: true, interval: "2m", limit: 10000 }'
    case 'memory':
      return 'resolver: MEMORY'
    case 'url':
      return `resolver: URL(${accountsUrl})`
  }
}
