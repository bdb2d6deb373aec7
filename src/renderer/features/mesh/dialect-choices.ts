import type { DialectName } from '#shared/protocol/dialect.ts'

/** Dialects as a person picks them. */
export const DIALECT_CHOICES: { value: DialectName; label: string }[] = [
  { value: 'device-connect', label: 'Device Connect' },
  { value: 'fabric', label: 'Fabric' },
]
