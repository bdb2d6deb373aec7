// The least that a registry in JavaScript has to do with heartbeats: hears those of a tenant on a
// connection of its own and parses each. Arguments: URL of the server, tenant. Answers requests on
// `SUBJECT_ROOT.TENANT.count` with how many it heard, in order behind what was sent before.
import { connect } from '@nats-io/transport-node'

const [, , url = '', tenant = ''] = process.argv
const connection = await connect({ servers: url })
let heard = 0
connection.subscribe(`device-connect.${tenant}.*.heartbeat`, {
  callback: (_error, message) => {
    const beat: unknown = JSON.parse(message.string())
    if (typeof beat === 'object') heard += 1
  },
})
connection.subscribe(`device-connect.${tenant}.count`, {
  callback: (_error, message) => void message.respond(String(heard)),
})
await connection.flush()
process.once('disconnect', () => process.exit(0))
process.send?.('ready')
