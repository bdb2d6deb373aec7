import { parseArgs } from 'node:util'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { defaultProfile, profileAt, type Profile } from './profile/profile.ts'

/** What either host is told on its command line. */
export interface StartOptions {
  readonly profile: Profile
  /** Secrets in memory only, shown in the window; refused when packaged. */
  readonly demo: boolean
  /** Addresses of the interfaces to look for devices on; all but loopback unless told. */
  readonly discoverOn: 'all' | readonly string[]
  /** Port of the browser host; 0 for any free one. */
  readonly port: number
  /** Serve the browser host as well (Electron; the browser host always does). */
  readonly serve: boolean
  /** Open a window of an installed browser. */
  readonly open: boolean
  /** Speak JSON lines on standard output, for scripts. */
  readonly json: boolean
}

const OPTIONS = {
  profile: { type: 'string' },
  demo: { type: 'boolean', default: false },
  'discover-on': { type: 'string', multiple: true },
  port: { type: 'string', default: '0' },
  serve: { type: 'boolean', default: false },
  open: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** The options by name, for hosts whose command line is not theirs alone. */
export const START_OPTIONS: ReadonlyMap<string, { readonly type: 'string' | 'boolean' }> = new Map(
  Object.entries(OPTIONS),
)

/**
 * Reads `--profile DIR --demo --discover-on ADDRESS… --port N --serve --open --json`.
 * @throws RejectedError `ARGUMENT_INVALID`.
 */
export function readStartOptions(args: readonly string[]): StartOptions {
  const values = parse(args)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw invalid(`--port takes a number from 0 to 65535, not "${values.port}".`)
  }
  return {
    profile: values.profile === undefined ? defaultProfile() : profileAt(values.profile),
    demo: values.demo,
    discoverOn: values['discover-on'] ?? 'all',
    port,
    serve: values.serve,
    open: values.open,
    json: values.json,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: OPTIONS,
    }).values
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

function invalid(message: string): RejectedError {
  return new RejectedError({
    code: 'ARGUMENT_INVALID',
    message,
    advice:
      'Muster knows --profile DIR, --port N, --open, --json, --serve, --demo and --discover-on ADDRESS.',
  })
}
