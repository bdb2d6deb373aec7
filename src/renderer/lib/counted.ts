/** “1 credential”, “1,204 credentials”. */
export function counted(count: number, one: string, many?: string): string {
  return `${count.toLocaleString('en')} ${plural(count, one, many)}`
}

/** The word alone, for that many. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return count === 1 ? one : many
}
