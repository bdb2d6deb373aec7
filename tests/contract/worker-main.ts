import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { RPCHandler } from '@orpc/server/message-port'
import { createRouter } from '../../src/main/router/router.ts'
import { scriptedServices } from '../support/scripted-services.ts'

// The far end of the worker suite: main's router in a thread of its own, as near as Node comes to
// Electron's two processes. The parent emits and counts through messages.
const far = scriptedServices()
const port: MessagePort = workerData.port
new RPCHandler(createRouter(far.services, { onInternalError: () => undefined })).upgrade(port)
port.start()
parentPort?.on('message', (message) => {
  if (message.type === 'emit') far.emitFleet(message.update)
  if (message.type === 'count') parentPort?.postMessage(far.fleetWatchers())
})
