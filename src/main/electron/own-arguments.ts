import { START_OPTIONS } from '../options.ts'

/**
 * The arguments that are ours. Electron's command line also carries the path of the app and
 * switches of Chromium, Node and test drivers, which are none of our business.
 */
export function ownArguments(argv: readonly string[]): string[] {
  const own: string[] = []
  for (let index = 1; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    const [name, value] = argument.replace(/^--/, '').split('=', 2)
    const option = argument.startsWith('--') ? START_OPTIONS.get(name ?? '') : undefined
    if (option === undefined) continue
    own.push(argument)
    if (option.type !== 'string' || value !== undefined) continue
    own.push(argv[index + 1] ?? '')
    index += 1
  }
  return own
}
