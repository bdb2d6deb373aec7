import type { IsolationReport } from '#shared/contract/isolation.ts'
import { count } from './isolation-words.ts'

/** The verdict for a reader who reads nothing else. */
export function verdictWords(report: IsolationReport): { title: string; text: string } {
  const { counts, tenants, ended, problem } = report
  const scope = `${count(tenants.length, 'tenant')}, ${count(counts.pairs, 'ordered pair')}, ${count(report.probes.length, 'kind')} of probe`
  if (report.verdict === 'passed') {
    return {
      title: 'These tenants are isolated',
      text: `${scope}: nothing crossed, and everything that must work did.`,
    }
  }
  if (report.verdict === 'failed') {
    return {
      title: `${counts.pairsFailed} of ${count(counts.pairs, 'pair')} are not isolated`,
      text: `${scope}: ${count(counts.crossed, 'probe')} got through.`,
    }
  }
  const why =
    ended === 'cancelled'
      ? 'The proof was cancelled before its end.'
      : (problem?.message ?? `${count(counts.pairsInconclusive, 'pair')} could not be judged.`)
  return {
    title: 'Neither proven nor refuted',
    text: `${scope}. ${why} Nothing was seen to cross, but that is not enough for a proof.`,
  }
}
