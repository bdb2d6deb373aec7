import { expect, test } from 'vitest'
import { RejectedError } from '#shared/errors.ts'
import { runSteps, type Step, type StepReport } from './run-steps.ts'

const failure = new RejectedError({ code: 'NO', message: 'No.', advice: 'Stop.' })

function recorder() {
  const reports: StepReport[] = []
  return { reports, report: (report: StepReport) => void reports.push(report) }
}

function step(name: string, journal: string[], extra: Partial<Step<unknown>> = {}): Step<unknown> {
  return {
    name,
    run: async () => void journal.push(`run ${name}`),
    undo: async () => void journal.push(`undo ${name}`),
    ...extra,
  }
}

test('runs every step in order', async () => {
  const journal: string[] = []
  const { report } = recorder()
  await runSteps(
    [step('a', journal), step('b', journal)],
    {},
    { signal: new AbortController().signal, report },
  )
  expect(journal).toEqual(['run a', 'run b'])
})

test('undoes in reverse from the failed step on, and throws its error', async () => {
  const journal: string[] = []
  const { report, reports } = recorder()
  const failing = step('b', journal, { run: () => Promise.reject(failure) })
  const run = runSteps(
    [step('a', journal), failing, step('c', journal)],
    {},
    { signal: new AbortController().signal, report },
  )
  await expect(run).rejects.toBe(failure)
  expect(journal).toEqual(['run a', 'undo b', 'undo a'])
  expect(reports.map(({ step, state }) => `${step} ${state}`)).toContain('b failed')
})

test('goes on undoing where one undo fails', async () => {
  const journal: string[] = []
  const { report, reports } = recorder()
  const stuck = step('b', journal, { undo: () => Promise.reject(new Error('stuck')) })
  const failing = step('c', journal, { run: () => Promise.reject(failure) })
  const run = runSteps(
    [step('a', journal), stuck, failing],
    {},
    { signal: new AbortController().signal, report },
  )
  await expect(run).rejects.toBe(failure)
  expect(journal).toContain('undo a')
  expect(reports.some((report) => report.state === 'undo-failed')).toBe(true)
})

test('starts no step once it was cancelled', async () => {
  const journal: string[] = []
  const { report } = recorder()
  const controller = new AbortController()
  controller.abort(failure)
  await expect(
    runSteps([step('a', journal)], {}, { signal: controller.signal, report }),
  ).rejects.toBe(failure)
  expect(journal).toEqual(['undo a'])
})
