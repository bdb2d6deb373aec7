/** A device with the public part of the key that it made itself. */
export interface DeviceKey {
  readonly device: string
  readonly publicKey: string
}

export interface ReadDeviceKeys {
  readonly keys: readonly DeviceKey[]
  /** The first line that could not be read, with why; null where all could. */
  readonly problem: string | null
}

const PUBLIC_KEY = /^U[A-Z2-7]{55}$/u
const PRIVATE_KEY = /^S[A-Z2-7]{57}$/u

/**
 * Reads lines of a device and its public key, in either order, with spaces, commas or semicolons between; lines
 * that begin with `#` are left out.
 */
export function readDeviceKeys(text: string): ReadDeviceKeys {
  const keys: DeviceKey[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const words = line
      .trim()
      .split(/[\s,;]+/u)
      .filter((word) => word !== '')
    if (words.length === 0 || line.trim().startsWith('#')) continue
    const at = `Line ${index + 1}`
    if (words.some((word) => PRIVATE_KEY.test(word))) {
      return {
        keys,
        problem: `${at} holds a private key. Take it out: devices tell their public key, U….`,
      }
    }
    const publicKey = words.find((word) => PUBLIC_KEY.test(word))
    const device = words.find((word) => word !== publicKey)
    if (publicKey === undefined || device === undefined || words.length !== 2) {
      return { keys, problem: `${at} is not a device and its public key (U and 55 more letters).` }
    }
    keys.push({ device, publicKey })
  }
  return { keys, problem: null }
}
