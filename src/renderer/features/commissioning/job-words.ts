import type { CommissioningJob, CommissioningStep } from '#shared/contract/commissioning.ts'
import type { Tone } from '../../ui/state-mark.tsx'

export const STEP_NAMES: Readonly<Record<CommissioningStep['name'], string>> = {
  info: 'Check the device',
  issue: 'Issue its credential',
  deliver: 'Prove the PIN and hand over the credential',
  online: 'Wait until it is online',
}

export const JOB_WORDS: Readonly<Record<CommissioningJob['state'], { word: string; tone: Tone }>> =
  {
    running: { word: 'Running', tone: 'busy' },
    done: { word: 'Commissioned', tone: 'ok' },
    failed: { word: 'Failed', tone: 'bad' },
    cancelled: { word: 'Cancelled', tone: 'off' },
  }

/** Jobs with the newest first. */
export function newestFirst(jobs: ReadonlyMap<string, CommissioningJob>): CommissioningJob[] {
  return [...jobs.values()].toSorted((one, other) => other.startedAt.localeCompare(one.startedAt))
}

/** How long a job took, or has taken so far; null before anything is known. */
export function jobDuration(job: CommissioningJob): number | null {
  return job.endedAt === null ? null : Date.parse(job.endedAt) - Date.parse(job.startedAt)
}

/** One sentence on where a job is, for people who listen to the screen. */
export function spokenProgress(job: CommissioningJob): string {
  if (job.state === 'done') return `${job.deviceId} is commissioned and online.`
  if (job.state === 'cancelled') return `Commissioning ${job.deviceId} was cancelled.`
  if (job.state === 'failed') return `Commissioning ${job.deviceId} failed.`
  const index = job.steps.findIndex(({ state }) => state === 'running' || state === 'undoing')
  const step = job.steps[index]
  if (step === undefined) return `Commissioning ${job.deviceId}.`
  if (step.state === 'undoing') return `Taking back: ${STEP_NAMES[step.name]}.`
  return `Step ${index + 1} of ${job.steps.length}: ${STEP_NAMES[step.name]}.`
}
