import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeBase32 } from '../../../src/main/authority/base32.ts'
import { VaultKeychain } from '../../../src/main/keychain/vault-keychain.ts'
import type { LabelledDevice } from '../devices.ts'
import type { Secret } from './secret-search.ts'

/** Of a seed, the two bytes before the key itself and the two behind it. */
const SEED_PREFIX_BYTES = 2
const KEY_BYTES = 32

/** A seed as it is written, and the key in it as bytes. */
export function seedSecrets(name: string, seed: string): Secret[] {
  const raw = decodeBase32(seed)?.subarray(SEED_PREFIX_BYTES, SEED_PREFIX_BYTES + KEY_BYTES)
  return [
    { name, value: seed },
    ...(raw === undefined ? [] : [{ name: `${name} as raw bytes`, value: raw }]),
  ]
}

/** A PIN as it is sent and as labels show it. */
export function pinSecrets(name: string, pin: string): Secret[] {
  return [
    { name, value: pin },
    { name, value: pin.replaceAll('-', '') },
  ]
}

/** What a device keeps on its own disk: its key, and the credential that it was given. */
export async function deviceSecrets(device: LabelledDevice, folder: string): Promise<Secret[]> {
  const file = await readFile(join(folder, `${device.id}.creds.json`), 'utf8')
  const { nats } = JSON.parse(file) as { nats: { jwt: string; nkey_seed?: string } }
  const given = nats.nkey_seed
  return [
    ...pinSecrets(`PIN of ${device.id}`, device.pin),
    ...pinSecrets(`wrong PIN for ${device.id}`, device.wrongPin),
    ...seedSecrets(`own seed of ${device.id}`, device.identity.nkey.seed),
    ...(given === undefined ? [] : seedSecrets(`seed issued to ${device.id}`, given)),
    { name: `JWT of ${device.id}`, value: nats.jwt },
  ]
}

/** Everything in the vault of a profile: the keys of the operator, the accounts and their signers. */
export async function vaultSecrets(profile: string, passphrase: string): Promise<Secret[]> {
  const vault = await VaultKeychain.open({ path: join(profile, 'keychain.vault') }, passphrase)
  const secrets: Secret[] = []
  for (const account of await vault.accounts()) {
    const seed = (await vault.get(account)) ?? ''
    secrets.push(...seedSecrets(`key ${account}`, seed))
  }
  await vault.close()
  return secrets
}
