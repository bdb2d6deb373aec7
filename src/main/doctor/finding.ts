import type { CheckArea, Finding } from '#shared/contract/doctor.ts'

type Words = Pick<Finding, 'code' | 'title' | 'meaning'> &
  Partial<Pick<Finding, 'advice' | 'action'>>

/** What one area's findings are made with. */
export interface FindingsOf {
  refused(words: Words): Finding
  warning(words: Words): Finding
  fine(words: Words): Finding
  unknown(words: Words): Finding
}

export function findingsOf(area: CheckArea): FindingsOf {
  const make =
    (severity: Finding['severity']) =>
    ({ code, title, meaning, advice = '', action = null }: Words): Finding => ({
      area,
      code,
      severity,
      title,
      meaning,
      advice,
      action,
    })
  return {
    refused: make('refused'),
    warning: make('warning'),
    fine: make('fine'),
    unknown: make('unknown'),
  }
}

const LATEST_DATE_SECONDS = 8.64e12

/** Unix seconds of a claim as ISO 8601; null where it has none. */
export function instantOf(seconds: number | null | undefined): string | null {
  if (seconds === null || seconds === undefined || seconds <= 0) return null
  return new Date(Math.min(seconds, LATEST_DATE_SECONDS) * 1000).toISOString()
}

/** The same for a sentence, such as `2026-03-01 10:00:00 UTC`. */
export function momentOf(seconds: number | null | undefined): string | null {
  return instantOf(seconds)?.replace('T', ' ').replace('.000Z', ' UTC') ?? null
}
