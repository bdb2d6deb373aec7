import type { KeyringBinding } from '../../src/main/keychain/os-store.ts'

interface Double extends KeyringBinding {
  readonly stored: Map<string, string>
  readonly calls: string[]
}

/**
 * A double of the native binding, for what no real keychain here does: macOS and Windows, a binding that ignores its pin,
 * a prompt that nobody answers or that a person refuses. The rest runs against a real gnome-keyring in
 * tests/integration/keychain.
 */
export function double(
  behaviour: { readonly listsNothing?: boolean; readonly onCall?: (call: string) => unknown } = {},
): Double {
  const stored = new Map<string, string>()
  const calls: string[] = []
  const during = async (call: string) => {
    calls.push(call)
    await behaviour.onCall?.(call)
  }
  class AsyncEntry {
    readonly #key: string
    constructor(service: string, account: string, options?: unknown) {
      calls.push(`entry ${JSON.stringify(options)}`)
      this.#key = `${service}\n${account}`
    }
    async getPassword() {
      await during('get')
      return stored.get(this.#key) ?? null
    }
    async setPassword(secret: string) {
      await during('set')
      stored.set(this.#key, secret)
    }
    async deletePassword() {
      await during('delete')
      return stored.delete(this.#key)
    }
  }
  const findCredentialsAsync = async (service: string) => {
    await during('find')
    if (behaviour.listsNothing) return []
    return Array.from(stored, ([key, password]) => ({ key: key.split('\n'), password }))
      .filter(({ key }) => key[0] === service)
      .map(({ key, password }) => ({ account: key[1] ?? '', password }))
  }
  return { stored, calls, AsyncEntry, findCredentialsAsync }
}
