// The least that holding a fleet as objects takes: records as JSON.parse returns them, in a Map.
// Arguments: how many, bytes of each. Tells its parent how much memory the process has then, in MB.
import { registrationOf } from '../../tests/support/fleet-load/records.ts'

const [, , count = '0', recordBytes = '0'] = process.argv
const plan = {
  tenant: 'fleet',
  prefix: 'large',
  count: Number(count),
  ttlSeconds: 15,
  recordBytes: Number(recordBytes),
}
const records = new Map<number, unknown>()
for (let index = 0; index < plan.count; index += 1) {
  records.set(index, JSON.parse(JSON.stringify(registrationOf(plan, index))))
}
process.send?.(process.memoryUsage().rss / 1024 / 1024)
process.once('disconnect', () => process.exit(records.size === plan.count ? 0 : 1))
