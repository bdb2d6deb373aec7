import { homedir } from 'node:os'
import { isAbsolute, normalize } from 'node:path'
import { RejectedError } from '#shared/errors.ts'

/**
 * The absolute path that a person typed; `~` is the home folder, as people write it.
 * @throws RejectedError `PATH_NOT_ABSOLUTE`: what it would be relative to, nobody could tell.
 */
export function ownPath(typed: string, home: string = homedir()): string {
  const path = expandHome(typed.trim(), home)
  if (isAbsolute(path) && !path.includes('\0')) return normalize(path)
  throw new RejectedError({
    code: 'PATH_NOT_ABSOLUTE',
    message: 'This is not a whole path.',
    advice:
      'Write it from the root, such as /home/me/nsc, or from your home folder, such as ~/nsc.',
  })
}

/** The path with a leading `~` as the home folder. */
export function expandHome(typed: string, home: string): string {
  return /^~(?=[/\\]|$)/u.test(typed) ? `${home}${typed.slice(1)}` : typed
}
