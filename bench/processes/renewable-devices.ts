// Simulated devices of a tenant that take new credentials over the mesh. Gets them in one message, and
// tells its parent when all are connected.
import { startDevice } from '../../src/simulator/device.ts'

/** What the parent sends. */
export interface RenewableDevices {
  readonly url: string
  readonly tenant: string
  readonly devices: readonly {
    readonly deviceId: string
    readonly jwt: string
    readonly seed: string
  }[]
}

process.once('disconnect', () => process.exit(0))
process.once('message', (message) => {
  const { url, tenant, devices } = message as RenewableDevices
  const started = devices.map(({ deviceId, jwt, seed }) =>
    startDevice({
      description: {
        deviceId,
        identity: { device_type: 'pump' },
        description: 'A pump',
        functions: [],
        events: [],
        status: {},
      },
      credentials: { device_id: deviceId, auth_type: 'jwt', tenant, nats: { urls: [url], jwt } },
      seed,
      credentialUpdates: {},
    }),
  )
  void Promise.all(started.map((device) => device.whenState('registering'))).then(() =>
    process.send?.('ready'),
  )
})
