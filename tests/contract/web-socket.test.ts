import { afterAll, beforeAll, describe } from 'vitest'
import { startBrowserServer, type BrowserServer } from '../../src/main/browser/server.ts'
import { silentLogger } from '../../src/main/log/logger.ts'
import { createRouter } from '../../src/main/router/router.ts'
import { connectClient } from '../../scripts/lib/contract-client.ts'
import { scriptedServices } from '../support/scripted-services.ts'
import type { Client } from '../../scripts/lib/contract-client.ts'
import { transportSuite } from './transport-suite.ts'

describe('the contract over the WebSocket of the browser host', () => {
  const far = scriptedServices()
  let server: BrowserServer
  let near: { client: Client; close(): void }

  beforeAll(async () => {
    server = await startBrowserServer({
      router: createRouter(far.services, { onInternalError: () => undefined }),
      files: new Map(),
      port: 0,
      log: silentLogger(),
    })
    near = await connectClient(server.mintUrl())
  })
  afterAll(async () => {
    near.close()
    await server.close()
  })

  transportSuite({
    client: () => near.client,
    emitFleet: far.emitFleet,
    fleetWatchers: far.fleetWatchers,
  })
})
