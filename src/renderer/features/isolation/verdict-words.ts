import type { IsolationReport } from '#shared/contract/isolation.ts'
import { counted } from '../../lib/counted.ts'

/** The verdict for a reader who reads nothing else. */
export function verdictWords(report: IsolationReport): { title: string; text: string } {
  const { counts, tenants, ended, problem } = report
  const scope = `${counted(tenants.length, 'tenant')}, ${counted(counts.pairs, 'ordered pair')}, ${counted(report.probes.length, 'kind')} of probe`
  if (report.verdict === 'passed') {
    return {
      title: 'These tenants are isolated',
      text: `${scope}: nothing crossed, and everything that must work did.`,
    }
  }
  if (report.verdict === 'failed') {
    return {
      title: `${counts.pairsFailed} of ${counted(counts.pairs, 'pair')} are not isolated`,
      text: `${scope}: ${counted(counts.crossed, 'probe')} got through.`,
    }
  }
  const why =
    ended === 'cancelled'
      ? 'The proof was cancelled before its end.'
      : (problem?.message ?? `${counted(counts.pairsInconclusive, 'pair')} could not be judged.`)
  return {
    title: 'Neither proven nor refuted',
    text: `${scope}. ${why} Nothing was seen to cross, but that is not enough for a proof.`,
  }
}
