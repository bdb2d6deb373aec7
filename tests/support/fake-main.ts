import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RPCHandler } from '@orpc/server/ws'
import { WebSocketServer } from 'ws'
import { SECURITY_HEADERS } from '../../src/main/web/content-security-policy.ts'
import { loadStaticFiles, type StaticFiles } from '../../src/main/web/static-files.ts'
import { fakeRouter } from './fake-main/router.ts'
import { fakeTenants } from './fake-main/tenants.ts'
import { FakeState, SCENARIOS, type Scenario } from './fake-main/state.ts'

/** Where the built window is; another folder keeps builds of others out of a longer run. */
const RENDERER =
  process.env['MUSTER_RENDERER_FOLDER'] ?? join(import.meta.dirname, '../../out/renderer')

export interface FakeMain {
  readonly url: string
  readonly state: FakeState
  /** Ends all connections; the window is to come back by itself. */
  dropConnections(): void
  close(): Promise<void>
}

export interface FakeMainOptions {
  readonly scenario: Scenario
  readonly port?: number
  /** Whether the session is refused, as after a restart of the host. */
  readonly refuse?: boolean
}

/**
 * The built window with a main that plays a scenario, over the same transport and under the same
 * content security policy as the browser host. For looking at screens, not for proving anything
 * about main.
 */
export async function startFakeMain(options: FakeMainOptions): Promise<FakeMain> {
  const state = new FakeState(options.scenario)
  const files = await loadStaticFiles(RENDERER)
  const server = serveFiles(files, options.refuse ?? false)
  const windows = new WebSocketServer({ server, path: '/rpc' })
  const handler = new RPCHandler(
    fakeRouter(state, await fakeTenants(options.scenario, state.tenants)),
  )
  windows.on('connection', (socket) => void handler.upgrade(socket, { context: {} }))
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const dropConnections = () => {
    for (const socket of windows.clients) socket.terminate()
  }
  return {
    url: `http://127.0.0.1:${port}/`,
    state,
    dropConnections,
    close: async () => {
      state.close()
      dropConnections()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function serveFiles(files: StaticFiles, refuse: boolean): Server {
  return createServer((request, response) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    if (request.method === 'POST') {
      response.writeHead(refuse ? 401 : 204).end()
      return
    }
    const file = files.get(request.url ?? '')
    response.writeHead(file === undefined ? 404 : 200, {
      'Content-Type': file?.contentType ?? 'text/plain',
    })
    response.end(file?.content)
  })
}

// `node tests/support/fake-main.ts --scenario full --port 4000` to look around by hand.
if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: 'full' },
      port: { type: 'string', default: '0' },
    },
  })
  const scenario = SCENARIOS.find((name) => name === values.scenario) ?? 'full'
  const main = await startFakeMain({ scenario, port: Number(values.port) })
  console.log(`${scenario}: ${main.url}`)
}
