import { argv, stdout } from 'node:process'
import { DiscoveryService } from '../../../src/main/discovery/discovery-service.ts'
import { silentLogger } from '../../../src/main/log/logger.ts'

// Run inside a network namespace: discovery as the app runs it, one line of JSON for each update.
const discovery = new DiscoveryService({
  dialect: { mdnsService: argv[2] ?? '' },
  interfaces: 'all',
  log: silentLogger(),
  probe: () => Promise.reject(new RangeError('nothing was to be probed')),
  rescanMs: 200,
})
discovery.subscribe(({ health }) => {
  stdout.write(`${JSON.stringify({ devices: discovery.devices(), health })}\n`)
})
discovery.start()
// Its timers do not keep a process alive, and before there is an interface it has no sockets.
setInterval(() => undefined, 60_000)
