import type {
  CellState,
  ProbeOutcome,
  ProbeSeverity,
  ProofFinding,
  ProofRun,
  ProofVerdict,
  ReportVerification,
} from '#shared/contract/isolation.ts'
import type { Tone } from '../../ui/state-mark.tsx'

/** Colour never stands alone. */
export const CELL_MARKS: Readonly<Record<CellState, string>> = {
  self: '·',
  waiting: '',
  running: '',
  passed: '✓',
  failed: '✕',
  inconclusive: '?',
}

export const CELL_WORDS: Readonly<Record<CellState, string>> = {
  self: 'the tenant itself',
  waiting: 'not tried yet',
  running: 'being tried',
  passed: 'nothing crossed',
  failed: 'something crossed',
  inconclusive: 'could not be judged',
}

export const VERDICTS: Readonly<Record<ProofVerdict, { word: string; tone: Tone }>> = {
  passed: { word: 'Isolated', tone: 'ok' },
  failed: { word: 'Not isolated', tone: 'bad' },
  inconclusive: { word: 'Inconclusive', tone: 'warn' },
}

export const OUTCOMES: Readonly<
  Record<ProbeOutcome, { word: string; mark: string; state: CellState; help: string }>
> = {
  refused: { word: 'Refused', mark: '✓', state: 'passed', help: 'The server said no.' },
  held: {
    word: 'Held',
    mark: '✓',
    state: 'passed',
    help: 'It could be tried and reached nobody, while what must arrive did.',
  },
  crossed: { word: 'Crossed', mark: '✕', state: 'failed', help: 'It got through.' },
  inconclusive: {
    word: 'Unclear',
    mark: '?',
    state: 'inconclusive',
    help: 'It could not be seen either way.',
  },
  'not-applicable': {
    word: 'N/A',
    mark: '–',
    state: 'self',
    help: 'There is nothing of the kind in the other tenant.',
  },
}

export const SEVERITIES: Readonly<Record<ProbeSeverity, string>> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
}

export const FINDING_TITLES: Readonly<Record<ProofFinding['kind'], string>> = {
  crossed: 'What crossed',
  inconclusive: 'What could not be judged',
  weak: 'What only the border of the account held',
}

export const VERIFICATIONS: Readonly<
  Record<ReportVerification['result'], { title: string; tone: 'ok' | 'warn' | 'bad' }>
> = {
  genuine: { title: 'Genuine, and signed by this operator', tone: 'ok' },
  foreign: { title: 'Unchanged, but signed by another key', tone: 'warn' },
  altered: { title: 'Altered', tone: 'bad' },
  unsigned: { title: 'Not signed', tone: 'warn' },
}

/** What a run does now, in a few words. */
export function runWords({ state, done, total }: ProofRun): string {
  switch (state) {
    case 'preparing':
      return 'Issuing credentials and connecting…'
    case 'running':
      return `${done} of ${total} pairs`
    case 'ending':
      return 'Closing connections and ending credentials…'
    case 'done':
      return 'Done'
    case 'cancelled':
      return 'Cancelled'
    case 'failed':
      return 'It could not be made'
  }
}

export function isOver({ state }: ProofRun): boolean {
  return state === 'done' || state === 'cancelled' || state === 'failed'
}
