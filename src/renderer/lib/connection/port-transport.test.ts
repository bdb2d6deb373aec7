import { implement } from '@orpc/server'
import { RPCHandler } from '@orpc/server/message-port'
import { expect, test } from 'vitest'
import { contract } from '#shared/contract/index.ts'
import { DEFAULT_SETTINGS } from '#shared/contract/settings.ts'
import { createApi } from './client.ts'
import { Connection } from './connection.ts'
import { portTransport } from './port-transport.ts'

const os = implement(contract)
const handler = new RPCHandler({
  settings: { get: os.settings.get.handler(() => DEFAULT_SETTINGS) },
})

/** A page whose preload hands a port over each time the page asks for one. */
class FakePage extends EventTarget {
  readonly location = { origin: 'app://muster' }
  readonly mainPorts: MessagePort[] = []

  postMessage(data: { type: string }): void {
    if (data.type === 'muster:port-wanted') this.handOver(this)
  }

  handOver(source: unknown): void {
    const { port1, port2 } = new MessageChannel()
    handler.upgrade(port1)
    port1.start()
    this.mainPorts.push(port1)
    const event = new Event('message')
    Object.assign(event, { source, data: { type: 'muster:port' }, ports: [port2] })
    this.dispatchEvent(event)
  }
}

function asWindow(page: FakePage): Window {
  return page as unknown as Window
}

test('asks the preload for a port and speaks the contract over it', async () => {
  const page = new FakePage()
  const connection = new Connection(portTransport(asWindow(page)))
  const { client } = createApi(connection)
  await expect(client.settings.get()).resolves.toEqual(DEFAULT_SETTINGS)
  connection.dispose()
})

test('a port that closes is replaced', async () => {
  const page = new FakePage()
  const connection = new Connection(portTransport(asWindow(page)))
  const { client } = createApi(connection)
  await client.settings.get()
  const lost = new Promise<void>((resolve) => void connection.subscribe(resolve))
  page.mainPorts[0]?.close()
  await lost
  await connection.whenOpen(AbortSignal.timeout(5_000))
  await expect(client.settings.get()).resolves.toEqual(DEFAULT_SETTINGS)
  expect(page.mainPorts).toHaveLength(2)
  connection.dispose()
})

test('a port from anybody but the preload is not taken', async () => {
  const page = new FakePage()
  const open = portTransport(asWindow(page))
  page.handOver({ another: 'window' })
  await open(new AbortController().signal).then((transport) => transport.close())
  // The foreign port was ignored, so that one had to be asked for.
  expect(page.mainPorts).toHaveLength(2)
})
