import type { RecoveryState } from '#shared/contract/recovery.ts'
import type { HealthService } from '../health/health-service.ts'

/** Until then whoever tries Muster out is not told that something is wrong. */
export const REMINDER_AFTER_MS = 24 * 60 * 60 * 1000
/** A site controller runs for months without anybody who changes something or starts it anew. */
const REMINDER_INTERVAL_MS = 60 * 60 * 1000

const SUMMARIES: Readonly<Record<RecoveryState['advice'], string>> = {
  none: 'A rehearsed recovery kit holds all identity keys.',
  make: 'There is no recovery kit: with this computer the fleet would be lost.',
  rehearse: 'The recovery kit was never rehearsed, so nobody knows whether it works.',
  renew: 'The rehearsed recovery kit lacks keys that were made since.',
  'bring-back': 'The keychain holds no key of the operator: bring the keys back from the kit.',
}

export interface ReminderOptions {
  readonly health: Pick<HealthService, 'report'>
  /** Undefined where there is no operator. */
  readonly operatorCreatedAt: () => Date | undefined
  readonly now?: () => Date
}

/** Reminds, in health, of a kit until one was rehearsed that holds everything; not on the first day. */
export class RecoveryReminder {
  readonly #options: ReminderOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: ReminderOptions) {
    this.#options = options
  }

  /** Tells health how it stands. */
  tell({ advice, operator }: RecoveryState): void {
    const { health, operatorCreatedAt, now = () => new Date() } = this.#options
    if (operator === null) {
      health.report('recovery', { state: 'off', summary: 'There are no keys to recover yet.' })
      return
    }
    const age = now().getTime() - (operatorCreatedAt() ?? now()).getTime()
    const isDue = age >= REMINDER_AFTER_MS && advice !== 'none'
    health.report('recovery', {
      state: advice === 'bring-back' ? 'failed' : isDue ? 'degraded' : 'ok',
      summary: SUMMARIES[advice],
    })
  }

  /** Has it looked at again now and then, since the first day ends without anybody doing anything. */
  watch(look: () => Promise<void>): void {
    clearInterval(this.#timer)
    // A keychain that is closed now is told by its own part of health.
    this.#timer = setInterval(() => void look().catch(() => undefined), REMINDER_INTERVAL_MS)
    this.#timer.unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }
}
