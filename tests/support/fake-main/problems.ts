import { ORPCError } from '@orpc/server'
import type { Problem } from '#shared/contract/common.ts'

export const PROBLEMS = {
  pinRejected: {
    code: 'PIN_REJECTED',
    kind: 'rejected',
    message:
      'The device says that this PIN is wrong. 2 attempts are left before it locks itself for an hour.',
    advice: 'Read the PIN from the label again and check that it belongs to this device.',
    details: { attemptsLeft: 2 },
  },
  locked: {
    code: 'DEVICE_LOCKED',
    kind: 'rejected',
    message:
      'The device is locked after too many wrong PINs and opens again in 59 minutes. The PIN was not checked.',
    advice: 'Come back when it opens, and check until then that the PIN belongs to this device.',
    details: { opensAt: new Date(Date.now() + 3_540_000).toISOString() },
  },
  unreachable: {
    code: 'DEVICE_UNREACHABLE',
    kind: 'transient',
    message: 'The device at 192.168.1.31:5540 did not answer within 5 s.',
    advice: 'Check its power and that it is in the same network, then ask again.',
    details: {},
  },
  registryDown: {
    code: 'REGISTRY_DOWN',
    kind: 'transient',
    message: 'The registry does not answer; it is being started again.',
    advice: 'Wait a few seconds and try again.',
    details: {},
  },
  serverMissing: {
    code: 'NATS_SERVER_MISSING',
    kind: 'rejected',
    message: 'nats-server was not found on this computer, so the local mesh cannot start.',
    advice: 'Install nats-server 2.9 or newer, or name its path in Settings.',
    details: {},
  },
  wrongPassphrase: {
    code: 'PASSPHRASE_WRONG',
    kind: 'rejected',
    message: 'This passphrase does not open the vault.',
    advice: 'Check the keyboard layout and Caps Lock, and try again.',
    details: {},
  },
} as const satisfies Record<string, Problem>

/** The problem as the contract sends it. */
export function asError(problem: Problem): Error {
  return new ORPCError(problem.kind.toUpperCase(), { message: problem.message, data: problem })
}
