import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The checkout's root folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A failure whose message is all that the person needs. */
export class PlainFailure extends Error {}

/** Runs a command to its end with its output shown; returns its exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}

/** Runs a command quietly; true where it exists and exits 0. */
export function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', ...options }).status === 0
}

/** What a command prints, or undefined where it can't be run or fails. */
export function outputOf(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' })
  return result.status === 0 ? `${result.stdout}${result.stderr}` : undefined
}
