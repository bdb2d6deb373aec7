import { MessageChannel } from 'node:worker_threads'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import { RPCHandler } from '@orpc/server/message-port'
import { afterAll, beforeAll, describe } from 'vitest'
import { createRouter } from '../../src/main/router/router.ts'
import { scriptedServices } from '../support/scripted-services.ts'
import type { Client } from '../../scripts/lib/contract-client.ts'
import { transportSuite } from './transport-suite.ts'

describe('the contract over an in-memory MessagePort', () => {
  const far = scriptedServices()
  let client: Client
  let ports: MessageChannel

  beforeAll(() => {
    ports = new MessageChannel()
    new RPCHandler(createRouter(far.services, { onInternalError: () => undefined })).upgrade(
      ports.port1,
    )
    client = createORPCClient(new RPCLink({ port: ports.port2 }))
    ports.port1.start()
    ports.port2.start()
  })
  afterAll(() => {
    ports.port1.close()
    ports.port2.close()
  })

  transportSuite({
    client: () => client,
    emitFleet: far.emitFleet,
    fleetWatchers: far.fleetWatchers,
  })
})
