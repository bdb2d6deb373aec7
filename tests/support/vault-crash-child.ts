// Opens a vault, changes an entry, or its passphrase where a new one is given, and kills itself on the way: at the
// given call of node:fs/promises, counted from 1. Run as
// `node vault-crash-child.ts PATH PASSPHRASE CALL NUMBER [NEW PASSPHRASE]`.
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { VaultKeychain } from '../../src/main/keychain/vault-keychain.ts'
import { CHEAP_SCRYPT } from './cheap-scrypt.ts'

const [path = '', passphrase = '', call = '', number = '', next] = process.argv.slice(2)

const vault = await VaultKeychain.open({ path, cost: CHEAP_SCRYPT }, passphrase)

let calls = 0
const fatal = () => {
  calls += 1
  if (calls === Number(number)) process.kill(process.pid, 'SIGKILL')
}

const { open, rename, rm } = promises
if (call === 'open') {
  promises.open = async (...args) => {
    // Opening for writing only: a folder is opened too, to make the rename durable.
    if (args[1] === 'wx') fatal()
    return open(...args)
  }
}
if (call === 'rename' || call === 'after-rename') {
  promises.rename = async (...args) => {
    if (call === 'rename') fatal()
    await rename(...args)
    if (call === 'after-rename') fatal()
  }
}
if (call === 'rm') {
  promises.rm = async (...args) => {
    fatal()
    return rm(...args)
  }
}
syncBuiltinESMExports()

if (next === undefined) await vault.set('A', 'after')
else await vault.changePassphrase(passphrase, next)
