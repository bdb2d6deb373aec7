import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below those that systems give to outgoing connections, of which a busy test run has hundreds: one of
 * them may take a port between the look at it here and its use.
 */
const FIRST = 15_000
const LAST = 32_000
const MAX_TRIES = 200

const given = new Set<number>()

/** A TCP port of 127.0.0.1 that nobody uses right now, for programs that can't choose one. Each is given once. */
export async function freeTcpPort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const port = randomInt(FIRST, LAST)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error('There is no free port.')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
