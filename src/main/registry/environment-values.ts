import { readFile } from 'node:fs/promises'
import { RejectedError } from '#shared/errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The parts of a comma-separated list. */
export function listOf(text: string | undefined): string[] {
  const parts = (text ?? '').split(',').map((part) => part.trim())
  return parts.filter((part) => part !== '')
}

/** @throws RejectedError `REGISTRY_ENVIRONMENT` unless it is a whole number above 0 */
export function integerOf(environment: Environment, name: string, fallback: number): number {
  const text = environment[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw unusable(name, 'it has to be a whole number above 0')
}

/** The text of the file that a variable names; null where it names none. */
export async function fileOf(environment: Environment, variable: string): Promise<string | null> {
  const path = environment[variable]
  if (!path) return null
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(variable, 'the file can not be read', error)
  }
}

/** What is said of a variable that is wrong. */
export function unusable(what: string, why: string, cause?: unknown): RejectedError {
  return new RejectedError({
    code: 'REGISTRY_ENVIRONMENT',
    message: `${what} can't be used: ${why}.`,
    advice: 'Correct the variable and start the registry again.',
    cause,
  })
}
