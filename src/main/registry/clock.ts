/** Time as the registry needs it, passed in so that tests can move it. */
export interface Clock {
  /** Milliseconds that only ever grow; for deadlines. A set wall clock must not end a TTL. */
  monotonicMs(): number
  /** Milliseconds since 1970, for what people read. */
  epochMs(): number
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  epochMs: () => Date.now(),
}

/** `YYYY-MM-DDTHH:MM:SSZ`, the timestamps of registry output (protocol.md, "Subjects"). */
export function wireTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`
}

/** The same, made once a second however often it is asked for; thousands of devices may share it. */
export function wireTimestamps(): (epochMs: number) => string {
  let second = Number.NaN
  let text = ''
  return (epochMs) => {
    const now = Math.floor(epochMs / 1000)
    if (now === second) return text
    second = now
    text = wireTimestamp(epochMs)
    return text
  }
}
