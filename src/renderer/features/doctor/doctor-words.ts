import type { Diagnosis, Finding, FindingAction } from '#shared/contract/doctor.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const SEVERITY: Readonly<Record<Finding['severity'], { word: string; tone: Tone }>> = {
  refused: { word: 'Refused for this', tone: 'bad' },
  warning: { word: 'Worth a look', tone: 'warn' },
  unknown: { word: 'Not checked', tone: 'off' },
  fine: { word: 'In order', tone: 'ok' },
}

/** What somebody has to see first. */
export const SEVERITY_ORDER: readonly Finding['severity'][] = [
  'refused',
  'warning',
  'unknown',
  'fine',
]

export const ACTION_WORDS: Readonly<Record<FindingAction['type'], string>> = {
  renew: 'Renew it…',
  credential: 'Open the credential',
  tenant: 'Open the tenant',
  resolver: 'Open the resolver',
  commission: 'Go to Commission',
}

/** The whole in one line. */
export function verdictOf({ findings }: Diagnosis): {
  readonly tone: 'bad' | 'warn' | 'ok'
  readonly title: string
  readonly text: string
} {
  const of = (severity: Finding['severity']) =>
    findings.filter((finding) => finding.severity === severity)
  const refused = of('refused')
  const [first, ...others] = refused
  if (first !== undefined) {
    return {
      tone: 'bad',
      title: first.title,
      text:
        others.length === 0
          ? 'For this a server refuses it.'
          : `For this a server refuses it, and for ${others.length} more ${others.length === 1 ? 'reason' : 'reasons'}.`,
    }
  }
  const warnings = of('warning').length
  const open = of('unknown').length
  const unchecked =
    open === 0 ? '' : ` ${open} ${open === 1 ? 'thing' : 'things'} could not be checked.`
  if (warnings > 0) {
    return {
      tone: 'warn',
      title: 'It should be let in',
      text: `${warnings} ${warnings === 1 ? 'thing deserves' : 'things deserve'} a look.${unchecked}`,
    }
  }
  return {
    tone: open === 0 ? 'ok' : 'warn',
    title: open === 0 ? 'Nothing speaks against it' : 'Nothing found so far speaks against it',
    text: `If the device still can not connect, look at its address and its own log.${unchecked}`,
  }
}
