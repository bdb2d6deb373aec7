/** The failure that a tripwire causes. */
export class Tripped extends Error {}

/**
 * Breaks a procedure off at a chosen point. Each guarded operation has two: just before it and just
 * after it took effect. `crash` stands for the death of the process: from then on every operation
 * fails; `fault` fails that one only.
 */
export class Tripwire {
  #passed = 0
  #dead = false
  readonly #at: number
  readonly #mode: 'crash' | 'fault'

  constructor(at: number, mode: 'crash' | 'fault') {
    this.#at = at
    this.#mode = mode
  }

  /** Points passed so far: run once with an unreachable point to learn how many there are. */
  get passed(): number {
    return this.#passed
  }

  sync<T>(operation: () => T): T {
    this.#point()
    const result = operation()
    this.#point()
    return result
  }

  async async<T>(operation: () => Promise<T>): Promise<T> {
    this.#point()
    const result = await operation()
    this.#point()
    return result
  }

  #point(): void {
    this.#passed += 1
    if (this.#passed === this.#at && this.#mode === 'crash') this.#dead = true
    if (this.#dead || this.#passed === this.#at) throw new Tripped(`point ${this.#passed}`)
  }
}

/** The same object, with every call of the named methods guarded. */
export function guardCalls<T extends object>(
  target: T,
  methods: readonly string[],
  guard: (call: () => unknown) => unknown,
): T {
  return new Proxy(target, {
    get: (_target, property) => {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      const call = (...values: unknown[]) => Reflect.apply(value, target, values) as unknown
      return typeof property === 'string' && methods.includes(property)
        ? (...values: unknown[]) => guard(() => call(...values))
        : call
    },
  })
}
