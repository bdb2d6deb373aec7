import { pause } from '../steps/pause.ts'
import type { DeviceAnswer, DeviceHttp } from './device-http.ts'

const POLL_EVERY_MS = 1_000
/**
 * A device that still says `uncommissioned` for that long after the answer got lost did not take
 * the credential: by then also a slow bcrypt has ended.
 */
const SETTLE_MS = 10_000

export interface VerdictTiming {
  readonly pollEveryMs: number
  readonly settleMs: number
}

export const VERDICT_TIMING: VerdictTiming = { pollEveryMs: POLL_EVERY_MS, settleMs: SETTLE_MS }

export type DeliveryVerdict = 'taken' | 'not-taken' | 'unknown'

/**
 * Asks a device, of which the answer to `POST /commission` got lost, what became of it. `unknown`
 * where it can not be asked for `giveUpAfterMs`, as with devices that stop serving once
 * commissioned.
 * @throws the signal's reason.
 */
export async function deliveryVerdict(
  http: Pick<DeviceHttp, 'info'>,
  device: DeviceAnswer,
  timing: VerdictTiming & { readonly giveUpAfterMs: number },
  signal: AbortSignal,
): Promise<DeliveryVerdict> {
  const startedAt = performance.now()
  let waitingSince: number | undefined
  for (;;) {
    const state = await stateOf(http, device, signal)
    const now = performance.now()
    if (state === 'commissioned') return 'taken'
    if (state === 'uncommissioned') {
      waitingSince ??= now
      if (now - waitingSince >= timing.settleMs) return 'not-taken'
    } else if (now - startedAt >= timing.giveUpAfterMs) return 'unknown'
    await pause(timing.pollEveryMs, signal)
  }
}

/** The state that this very device reports; undefined where it does not answer, or another does. */
async function stateOf(
  http: Pick<DeviceHttp, 'info'>,
  device: DeviceAnswer,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const answer = await http.info({ addresses: [device.address], port: device.port }, signal)
    const same = answer.deviceId === device.deviceId && answer.publicKey === device.publicKey
    return same ? answer.state : undefined
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}
