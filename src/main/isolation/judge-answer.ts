// Whether an answer to an attacker gives something of the victim away. "There is no such thing" from
// the attacker's own account does not.

export function judgeAnyAnswer(): boolean {
  return true
}

/** An answer of the JetStream API: an error, or a list without the stream, gives nothing away. */
export function judgeStreamAnswer(answer: string, stream: string): boolean {
  const parsed = objectOf(answer)
  if (parsed === undefined) return answer.includes(stream)
  if ('error' in parsed) return false
  // An empty list: `null`, or left out by later servers.
  const isList = 'streams' in parsed || String(parsed['type']).endsWith('stream_names_response')
  return isList ? answer.includes(`"${stream}"`) : true
}

/** An answer of the system account: leaks where it is about the victim's account. */
export function judgeAccountAnswer(answer: string, account: string): boolean {
  return answer.includes(account)
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
