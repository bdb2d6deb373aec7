import type { RoleTemplate } from '#shared/contract/keys.ts'

/** A template as it is edited: one subject a line. */
export interface RoleDraft {
  readonly pubAllow: string
  readonly pubDeny: string
  readonly subAllow: string
  readonly subDeny: string
  readonly answers: boolean
  readonly max: number
  readonly seconds: number
  readonly inbox: RoleTemplate['inbox']
}

const USUAL_ANSWERS = { max: 1, seconds: 300 } as const

export function draftOf({ pub, sub, answers, inbox }: RoleTemplate): RoleDraft {
  const text = (subjects: readonly string[]) => subjects.join('\n')
  return {
    pubAllow: text(pub.allow),
    pubDeny: text(pub.deny),
    subAllow: text(sub.allow),
    subDeny: text(sub.deny),
    answers: answers !== null,
    max: answers?.max ?? USUAL_ANSWERS.max,
    seconds: answers?.seconds ?? USUAL_ANSWERS.seconds,
    inbox,
  }
}

export function templateOf(draft: RoleDraft): RoleTemplate {
  const list = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  return {
    pub: { allow: list(draft.pubAllow), deny: list(draft.pubDeny) },
    sub: { allow: list(draft.subAllow), deny: list(draft.subDeny) },
    answers: draft.answers ? { max: draft.max, seconds: draft.seconds } : null,
    inbox: draft.inbox,
  }
}

export function isSameTemplate(one: RoleTemplate, other: RoleTemplate): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
