import { procedure, WireName, z } from './common.ts'

export const RpcOutcome = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('result'), result: z.unknown(), durationMs: z.number() }),
  z.strictObject({
    type: z.literal('error'),
    code: z.number(),
    message: z.string(),
    data: z.unknown(),
    durationMs: z.number(),
  }),
  /** Nobody answers on the device's subject: it is not connected. */
  z.strictObject({ type: z.literal('no-responder'), durationMs: z.number() }),
  z.strictObject({ type: z.literal('timeout'), timeoutMs: z.number() }),
])
export type RpcOutcome = z.infer<typeof RpcOutcome>

export const rpc = {
  call: procedure
    .input(
      z.strictObject({
        tenant: WireName,
        deviceId: WireName,
        functionName: z.string().min(1).max(256),
        params: z.record(z.string(), z.unknown()),
        timeoutMs: z.int().min(100).max(600_000),
      }),
    )
    .output(RpcOutcome),
}
