// What the proof sends. Each is well formed for whoever might get it, names a device that nobody
// knows, and asks for nothing that changes anything: should isolation be broken, real devices and a
// real registry get these.

/** A function and method that nothing offers. */
const METHOD = 'muster_probe'

/** An event of the played device. */
export function eventPayload(nonce: string): string {
  return JSON.stringify({ jsonrpc: '2.0', method: METHOD, params: { canary: nonce } })
}

/** A call; whoever gets it answers that there is no such function. */
export function callPayload(nonce: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: nonce, method: METHOD, params: {} })
}

/** The answer to one. */
export function answerPayload(nonce: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id: nonce, result: { canary: nonce } })
}

/** The answer to a call that is not the proof's, such as a registry's to a device it does not know. */
export const UNKNOWN_FUNCTION = JSON.stringify({
  jsonrpc: '2.0',
  id: null,
  error: { code: -32601, message: 'This device is played by an isolation proof of Muster.' },
})

/** A call of one device that no device is. */
export function broadcastPayload(nonce: string, device: string): string {
  return JSON.stringify({
    correlation_id: nonce,
    function: METHOD,
    params: {},
    targets: [device],
  })
}

export function heartbeatPayload(nonce: string, device: string): string {
  return JSON.stringify({ device_id: device, ts: Date.now() / 1000, muster_probe: nonce })
}

export function offlinePayload(nonce: string, device: string): string {
  const ts = new Date().toISOString().replace(/\.\d+Z$/u, 'Z')
  const params = { device_id: device, ts, muster_probe: nonce }
  return JSON.stringify({ jsonrpc: '2.0', method: 'device/offline', params })
}

/** Asks for one device of the fleet. */
export function listPayload(nonce: string): string {
  const params = { limit: 1, requester_id: nonce }
  return JSON.stringify({ jsonrpc: '2.0', id: nonce, method: 'discovery/listDevices', params })
}
