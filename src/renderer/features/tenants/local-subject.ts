/**
 * Where a subject of another tenant is best met: `P.here.from.there.…`, which credentials of this tenant
 * reach, and which is nobody's device. Wildcards become `$1`, `$2` and so on.
 */
export function suggestedLocal(subject: string, from: string, here: string): string {
  const tokens = subject.split('.')
  let wildcard = 0
  const rest = (tokens[1] === from ? tokens.slice(2) : tokens.slice(1)).map((token) =>
    token === '*' ? `$${(wildcard += 1)}` : token,
  )
  return [tokens[0], here, 'from', from, ...rest].join('.')
}
