import { once } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Client } from '../../scripts/lib/contract-client.ts'
import { transportSuite } from './transport-suite.ts'

describe('the contract over a MessagePort into another thread', () => {
  let client: Client
  let worker: Worker

  beforeAll(async () => {
    const { port1, port2 } = new MessageChannel()
    worker = new Worker(new URL('worker-main.ts', import.meta.url), {
      workerData: { port: port1 },
      transferList: [port1],
    })
    await once(worker, 'online')
    client = createORPCClient(new RPCLink({ port: port2 }))
    port2.start()
  })
  afterAll(async () => {
    await worker.terminate()
  })

  transportSuite({
    client: () => client,
    emitFleet: (update) => worker.postMessage({ type: 'emit', update }),
    fleetWatchers: async () => {
      worker.postMessage({ type: 'count' })
      const [count] = await once(worker, 'message')
      return count as number
    },
  })
})
