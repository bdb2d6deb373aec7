import type { KeyAudit } from '../../src/main/authority/key-use.ts'

/** An audit log that keeps nothing, for tests that are about something else. */
export const noAudit: KeyAudit = { record: (drafts) => drafts.map((_, index) => index + 1) }
