import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { TransientError } from '#shared/errors.ts'
import { silentLogger } from '../log/logger.ts'
import { openDatabase } from '../storage/database.ts'
import { PROCEDURE_MIGRATIONS } from './migrations.ts'
import type { ProcedureBoundary, ProcedureKind } from './procedure.ts'
import { Procedures } from './procedures.ts'

const signal = new AbortController().signal
const State = z.strictObject({ thing: z.string(), made: z.array(z.string()) })
type State = z.infer<typeof State>

class Crash extends Error {}

let world: Set<string>
let database: ReturnType<typeof openDatabase>['database']

beforeEach(() => {
  world = new Set()
  const path = join(mkdtempSync(join(tmpdir(), 'muster-procedures-')), 'muster.db')
  database = openDatabase(path, PROCEDURE_MIGRATIONS).database
})

/** Steps that put things into the world; the middle one decides first and acts then. */
function building(
  options: Partial<ProcedureKind<State>> & { failing?: string } = {},
): ProcedureKind<State> {
  const act = (name: string) => {
    if (options.failing === name) {
      throw new TransientError({ code: 'NOPE', message: 'no', advice: 'again' })
    }
    world.add(name)
  }
  return {
    kind: 'build',
    state: State,
    subject: ({ thing }) => `thing:${thing}`,
    describe: ({ thing }) => `Build ${thing}`,
    needs: 'keychain',
    atStart: 'resume',
    onFailure: 'keep',
    steps: ['a', 'b', 'c'].map((name) => ({
      name,
      run: (state, { save }) => {
        const next = { ...state, made: [...state.made.filter((made) => made !== name), name] }
        save(next)
        act(name)
        return Promise.resolve(next)
      },
      undo: (state) => {
        world.delete(name)
        return Promise.resolve({ ...state, made: state.made.filter((made) => made !== name) })
      },
    })),
    ...options,
  }
}

function open(atBoundary?: (boundary: ProcedureBoundary) => void): Procedures {
  const hook = atBoundary === undefined ? {} : { atBoundary }
  return new Procedures({ database, log: silentLogger(), ...hook })
}

/** Runs until the n-th boundary and no further, and forgets the runner; returns how many were passed. */
async function crashAt(kind: ProcedureKind<State>, at: number): Promise<number> {
  let passed = 0
  const procedures = open(() => {
    passed += 1
    if (passed === at) throw new Crash('died')
  })
  await procedures
    .register(kind)
    .start({ thing: 'x', made: [] }, signal)
    .catch(() => undefined)
  return passed
}

test('keeps nothing of a procedure that has ended', async () => {
  const procedures = open()
  const state = await procedures.register(building()).start({ thing: 'x', made: [] }, signal)
  expect(state.made).toEqual(['a', 'b', 'c'])
  expect([...world]).toEqual(['a', 'b', 'c'])
  expect(procedures.unfinished()).toEqual([])
})

test('goes on where it was stopped, at every moment it can be stopped at', async () => {
  const total = await crashAt(building(), Infinity)
  expect(total).toBe(9)
  for (let at = 1; at <= total; at += 1) {
    world.clear()
    await crashAt(building(), at)
    const after = open()
    after.register(building())
    expect(after.unfinished()).toMatchObject([{ title: 'Build x', canResume: true }])
    expect(await after.takeUp('keychain', signal)).toMatchObject([{ outcome: 'done' }])
    expect([...world].toSorted()).toEqual(['a', 'b', 'c'])
    expect(after.unfinished()).toEqual([])
  }
})

test('takes back what was begun where its kind says so, and a rollback that is interrupted goes on', async () => {
  for (let at = 1; at <= 9; at += 1) {
    world.clear()
    const kind = building({ atStart: 'roll-back' })
    await crashAt(kind, at)
    const crashing = open(() => {
      throw new Crash('again')
    })
    crashing.register(kind)
    await crashing.takeUp('keychain', signal)
    const after = open()
    after.register(kind)
    expect(await after.takeUp('keychain', signal)).toMatchObject([{ outcome: 'rolled-back' }])
    expect([...world]).toEqual([])
  }
})

test('a failure leaves it with its problem, to be resumed or rolled back by the person', async () => {
  const procedures = open()
  const failing = procedures.register(building({ failing: 'b', atStart: 'ask' }))
  await expect(failing.start({ thing: 'x', made: [] }, signal)).rejects.toMatchObject({
    code: 'NOPE',
  })
  const [left] = procedures.unfinished()
  expect(left).toMatchObject({
    problem: { code: 'NOPE' },
    canResume: true,
    canRollBack: true,
    steps: [{ state: 'done' }, { state: 'begun' }, { state: 'waiting' }],
  })
  await expect(failing.start({ thing: 'x', made: [] }, signal)).rejects.toMatchObject({
    code: 'PROCEDURE_UNFINISHED',
  })
  expect(await procedures.takeUp('mesh', signal)).toEqual([])
  const again = open()
  again.register(building({ atStart: 'ask' }))
  await again.rollBack(left?.id ?? '', signal)
  expect([...world]).toEqual([])
  expect(again.unfinished()).toEqual([])
})

test('a failure is taken back at once where the kind says so', async () => {
  const procedures = open()
  const failing = procedures.register(building({ failing: 'c', onFailure: 'roll-back' }))
  await expect(failing.start({ thing: 'x', made: [] }, signal)).rejects.toMatchObject({
    code: 'NOPE',
  })
  expect([...world]).toEqual([])
  expect(procedures.unfinished()).toEqual([])
})

test('there is no way back after a final step has begun', async () => {
  const kind = building({ failing: 'c', onFailure: 'roll-back' })
  const steps = kind.steps.map((step) => (step.name === 'b' ? { ...step, final: true } : step))
  const procedures = open()
  const failing = procedures.register({ ...kind, steps })
  await expect(failing.start({ thing: 'x', made: [] }, signal)).rejects.toMatchObject({
    code: 'NOPE',
  })
  const [left] = procedures.unfinished()
  expect(left).toMatchObject({ canResume: true, canRollBack: false })
  await expect(procedures.rollBack(left?.id ?? '', signal)).rejects.toMatchObject({
    code: 'PROCEDURE_PAST_RETURN',
  })
})

test('one that needs a mesh waits for it, and one of another version is left alone', async () => {
  await crashAt(building(), 2)
  const procedures = open()
  expect(procedures.unfinished()).toMatchObject([{ title: 'build', canResume: false }])
  expect(await procedures.takeUp('mesh', signal)).toEqual([])
  procedures.register(building({ needs: 'mesh' }))
  expect(await procedures.takeUp('keychain', signal)).toEqual([])
  expect(await procedures.takeUp('mesh', signal)).toMatchObject([{ outcome: 'done' }])
})

test('asking twice at the same time joins what is under way', async () => {
  const procedures = open()
  const build = procedures.register(building())
  const [first, second] = await Promise.all([
    build.startOrResume({ thing: 'x', made: [] }, signal),
    build.startOrResume({ thing: 'x', made: [] }, signal),
  ])
  expect(second).toEqual(first)
})

test('closing stops it between two steps, and the next start goes on', async () => {
  const procedures = open()
  let closing: Promise<void> | undefined
  const kind = building()
  const steps = kind.steps.map((step) =>
    step.name === 'b'
      ? {
          ...step,
          run: (state: State) => {
            closing = procedures.close()
            return Promise.resolve(state)
          },
        }
      : step,
  )
  const build = procedures.register({ ...kind, steps, onFailure: 'roll-back' as const })
  await expect(build.start({ thing: 'x', made: [] }, signal)).rejects.toMatchObject({
    code: 'APP_CLOSING',
  })
  await closing
  const after = open()
  after.register(building())
  expect(await after.takeUp('keychain', signal)).toMatchObject([{ outcome: 'done' }])
})
