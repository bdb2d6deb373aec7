// Starts the local server of a profile like an app would and tells its process ids on standard
// output; then it waits to be killed. Arguments: profile folder, client port, WebSocket port, JSON of
// the accounts, `guarded` or `unguarded`.
import { join } from 'node:path'
import { silentLogger } from '../../../../src/main/log/logger.ts'
import { LocalServer } from '../../../../src/main/mesh/local-server.ts'
import type { ServerAccounts } from '../../../../src/main/mesh/mesh-files.ts'
import { findNatsServer } from '../../../../src/main/mesh/nats-server-binary.ts'
import { meshPaths } from '../../../../src/main/mesh/server-config.ts'
import { NEVER } from '#shared/never.ts'

const [folder = '', client = '', webSocket = '', accounts = ''] = process.argv.slice(2)
const server = new LocalServer({
  paths: meshPaths(folder),
  logFolder: join(folder, 'log'),
  log: silentLogger(),
  plan: async (signal) => ({
    binary: await findNatsServer({ settingsPath: null, resourcesFolder: null }, signal),
    host: '127.0.0.1',
    ports: { client: Number(client), webSocket: Number(webSocket) },
    accounts: JSON.parse(accounts) as ServerAccounts,
  }),
})
await server.start(NEVER)
process.stdout.write(`${server.state.pid}\n`)
setInterval(() => undefined, 60_000)
