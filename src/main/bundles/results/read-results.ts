import { open, stat } from 'node:fs/promises'
import { z } from 'zod'
import { messageOf, RejectedError } from '#shared/errors.ts'
import { isGenuine, RESULTS_FORMAT, RESULTS_VERSION, SignedResults } from './field-results.ts'

/** 100,000 devices take 90 MB. */
const MAX_BYTES = 128 * 1024 * 1024

const AnyResults = z.looseObject({
  results: z.looseObject({ format: z.literal(RESULTS_FORMAT), version: z.number() }),
})

/**
 * Reads results of field work that somebody brought along, and checks who signed them. They may be hostile.
 * @param operator public key (O…) of this profile's operator
 * @throws RejectedError `RESULTS_UNREADABLE`, `RESULTS_UNKNOWN`, `RESULTS_TOO_NEW`, `RESULTS_SIGNATURE`,
 *   `RESULTS_FOREIGN`.
 */
export async function readResults(path: string, operator: string): Promise<SignedResults> {
  const json = jsonOf(await textOf(path))
  const any = AnyResults.safeParse(json)
  if (!any.success) throw unknown()
  if (any.data.results.version > RESULTS_VERSION) throw tooNew(any.data.results.version)
  const parsed = SignedResults.safeParse(json)
  if (!parsed.success) throw unknown()
  if (!isGenuine(parsed.data)) throw refused('RESULTS_SIGNATURE', 'their signature does not fit')
  const made = parsed.data.results.operator
  if (made.publicKey !== operator) {
    throw refused(
      'RESULTS_FOREIGN',
      `they are of another operator, ${made.publicKey.slice(0, 12)}…`,
    )
  }
  return parsed.data
}

async function textOf(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > MAX_BYTES)
      throw refused('RESULTS_UNKNOWN', 'the file is too large')
    const handle = await open(path, 'r')
    try {
      return (await handle.readFile()).toString('utf8')
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof RejectedError) throw error
    throw new RejectedError({
      code: 'RESULTS_UNREADABLE',
      message: `${path} can not be read: ${messageOf(error)}`,
      advice: 'Choose a file that is there, or put the stick back in.',
      details: { path },
      cause: error,
    })
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(code: string, why: string): RejectedError {
  return new RejectedError({
    code,
    message: `The results were refused: ${why}. Nothing of them was taken over.`,
    advice: 'Do not use them. Ask whoever brought them for the file as Muster wrote it.',
  })
}

function unknown(): RejectedError {
  return refused('RESULTS_UNKNOWN', 'they are not a file of results as Muster writes it')
}

function tooNew(version: number): RejectedError {
  return new RejectedError({
    code: 'RESULTS_TOO_NEW',
    message: `These results are of format ${version}, which a newer Muster made than this one.`,
    advice: 'Update Muster, then open them again.',
    details: { version },
  })
}
