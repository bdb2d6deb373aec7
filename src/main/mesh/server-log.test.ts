import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ServerLog } from './server-log.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-log-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const read = (name: string) => readFile(join(folder, name), 'utf8')

test('puts lines together from chunks and takes secrets out', async () => {
  const log = new ServerLog(folder)
  const seed = `SU${'A'.repeat(56)}`
  log.write('[INF] one\n[ERR] see')
  log.write(`d ${seed.slice(0, 20)}`)
  log.write(`${seed.slice(20)} here\r\n`)
  log.close()
  expect(await read('nats-server.log')).toBe('[INF] one\n[ERR] seed [redacted] here\n')
  expect(log.tail()).toEqual(['[INF] one', '[ERR] seed [redacted] here'])
})

test('keeps the last lines only, and forgets them when a new server begins', () => {
  const log = new ServerLog(folder)
  for (let line = 0; line < 100; line += 1) log.write(`line ${line}\n`)
  expect(log.tail()).toHaveLength(40)
  expect(log.tail().at(-1)).toBe('line 99')
  log.begin()
  expect(log.tail()).toEqual([])
})

test('never takes more disk than twice its size', async () => {
  const log = new ServerLog(folder, 1_000)
  for (let line = 0; line < 500; line += 1) log.write(`line number ${line}\n`)
  log.close()
  expect((await read('nats-server.log')).length).toBeLessThan(1_100)
  expect((await read('nats-server.1.log')).length).toBeLessThan(1_100)
  expect(await read('nats-server.log')).toContain('line number 499')
})

test('cuts a line without end', async () => {
  const log = new ServerLog(folder)
  for (let chunk = 0; chunk < 100; chunk += 1) log.write('x'.repeat(1_000))
  log.write('\n')
  log.close()
  expect((await read('nats-server.log')).length).toBeLessThan(5_000)
})

test('goes on where the log can not be written', async () => {
  const file = join(folder, 'a file')
  await writeFile(file, '')
  const log = new ServerLog(join(file, 'log'))
  log.write('still told\n')
  log.close()
  expect(log.tail()).toEqual(['still told'])
})
