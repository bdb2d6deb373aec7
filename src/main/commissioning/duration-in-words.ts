/** Seconds as people say them: `45 seconds`, `1 minute`, `59 minutes`, `2 hours`; rounded up. */
export function durationInWords(seconds: number): string {
  if (seconds < 60) return count(Math.max(0, Math.ceil(seconds)), 'second')
  if (seconds <= 90 * 60) return count(Math.ceil(seconds / 60), 'minute')
  return count(Math.ceil(seconds / 3600), 'hour')
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
