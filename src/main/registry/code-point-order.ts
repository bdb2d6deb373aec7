const FIRST_SURROGATE = 0xd800

/**
 * Orders as etcd orders keys and Python sorts text: by code point, which is also the order of the
 * UTF-8 bytes. JavaScript's `<` compares UTF-16 units and puts U+FF00 behind U+1F600.
 */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left !== right) return rank(left) - rank(right)
  }
  return a.length - b.length
}

/** Moves surrogates (parts of code points above U+FFFF) behind the rest of the 16-bit units. */
function rank(unit: number): number {
  if (unit < FIRST_SURROGATE) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}
