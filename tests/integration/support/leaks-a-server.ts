import { startNatsServer } from '../../support/nats-server.ts'

// Tells the server's address and waits to be killed.
const server = await startNatsServer()
process.send?.(server.url)
