const MAX_VALUE = 2_000

/** A value that a device told, as one text; null where there is nothing to show. */
export function factText(value: unknown): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'string') return value.slice(0, MAX_VALUE)
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.join(', ').slice(0, MAX_VALUE)
  }
  return JSON.stringify(value).slice(0, MAX_VALUE)
}

/** A field's name as words: `serial_number` becomes `Serial number`. */
export function factName(name: string): string {
  const words = name.replaceAll('_', ' ').trim()
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** Fields of an object that have a value, without those that are shown elsewhere. */
export function otherFacts(
  facts: Readonly<Record<string, unknown>>,
  shown: ReadonlySet<string>,
): [name: string, text: string][] {
  const others: [string, string][] = []
  for (const [name, value] of Object.entries(facts)) {
    const text = shown.has(name) ? null : factText(value)
    if (text !== null) others.push([name, text])
  }
  return others
}
