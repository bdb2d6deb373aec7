import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { wsconnect } from '@nats-io/nats-core'
import { expect, test } from 'vitest'
import { startNatsServer } from '../../support/nats-server.ts'

const WEBSOCKET = 'websocket { listen: "127.0.0.1:-1", no_tls: true }'

test('starts on a free port, and again on the same one after a kill', async () => {
  const first = await startNatsServer()
  const connection = await connect({ servers: first.url, reconnect: false })
  const closed = connection.closed()
  await first.kill9()
  await closed
  const second = await startNatsServer({ port: first.port })
  expect(second.url).toBe(first.url)
  await second.stop()
  await second.stop()
})

test('tells the address of a WebSocket listener', async () => {
  const server = await startNatsServer({ config: WEBSOCKET })
  const connection = await wsconnect({ servers: server.wsUrl ?? '' })
  await connection.close()
  await server.stop()
})

test('says what the server said when it does not start', async () => {
  await expect(startNatsServer({ config: 'no such { thing' })).rejects.toThrow(
    /Parse error on line 1/,
  )
})

test('reads its configuration again on demand', async () => {
  const server = await startNatsServer({ config: 'max_payload: 1024' })
  await server.reload('max_payload: 2048')
  const connection = await connect({ servers: server.url })
  expect(connection.info?.max_payload).toBe(2048)
  await connection.close()
  await expect(server.reload('no such { thing')).rejects.toThrow(/Parse error/)
  await server.stop()
})

test('does not outlive the process that started it, however that ends', async () => {
  const child = fork(join(import.meta.dirname, 'leaks-a-server.ts'))
  const [url] = (await once(child, 'message')) as [string]
  // A bare socket: a client that meets the server in its last moment waits long for its first word.
  const canConnect = () =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  expect(await canConnect()).toBe(true)
  child.kill('SIGKILL')
  await expect.poll(canConnect).toBe(false)
})
