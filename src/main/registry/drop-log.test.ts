import { expect, test } from 'vitest'
import { StillClock } from '../../../tests/support/registry-parts.ts'
import { silentLogger } from '../log/logger.ts'
import { DropLog } from './drop-log.ts'

test('a source is written down once a minute, and many sources share one line', () => {
  const lines: unknown[] = []
  const clock = new StillClock()
  const drops = new DropLog(
    { ...silentLogger(), warn: (_text, fields) => lines.push(fields) },
    clock,
  )
  for (let second = 0; second < 120; second += 1) {
    drops.note('loud', 'why')
    clock.advance(1000)
  }
  expect(lines.length).toBe(2)
  lines.length = 0
  clock.advance(120_000)
  for (let source = 0; source < 5000; source += 1) drops.note(`s${source}`, 'why')
  expect(lines.length).toBe(1001)
})
