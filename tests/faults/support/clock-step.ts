// Loaded into the registry process by `--import`: SIGUSR2 sets the wall clock of the process an hour
// ahead, SIGWINCH an hour back, as somebody who sets the computer's clock does for all processes.
const HOUR_MS = 3_600_000

const RealDate = Date
let offsetMs = 0

class SteppedDate extends RealDate {
  constructor(...given: readonly unknown[]) {
    if (given.length === 0) super(RealDate.now() + offsetMs)
    else super(...(given as [number]))
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

globalThis.Date = SteppedDate as DateConstructor
process.on('SIGUSR2', () => (offsetMs += HOUR_MS))
process.on('SIGWINCH', () => (offsetMs -= HOUR_MS))
