// Devices that wait to be commissioned, as seen by mDNS: each answers for itself, on a socket of its
// own on loopback. Arguments: service type, number of devices, prefix of their ids. Tells its parent
// when all were announced for the second and last time (RFC 6762, section 8.3).
import { setTimeout as pause } from 'node:timers/promises'
import { openMdnsResponder } from '../../src/simulator/mdns-responder.ts'

const ANNOUNCED_MS = 1500
const FIRST_PORT = 5540

const [, , type = '', count = '0', prefix = ''] = process.argv
const responders = await Promise.all(
  Array.from({ length: Number(count) }, async (_, index) => {
    const responder = await openMdnsResponder()
    const deviceId = `${prefix}-${index}`
    responder.advertise({
      instance: deviceId,
      type,
      port: FIRST_PORT + index,
      address: '127.0.0.1',
      txt: { device_id: deviceId, device_type: 'climate-node', state: 'uncommissioned' },
    })
    return responder
  }),
)
const stop = async () => {
  await Promise.all(responders.map((responder) => responder.close()))
  process.exit(0)
}
process.once('SIGTERM', () => void stop())
process.once('disconnect', () => void stop())
await pause(ANNOUNCED_MS)
process.send?.('announced')
