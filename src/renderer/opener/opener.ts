import { armor, Decrypter } from 'age-encryption'

// The page `open-NAME.html` beside a sealed bundle, for whoever has neither Muster nor age. It is built into one
// file without anything to load (scripts/build-opener.mjs).

const ARMOR = '-----BEGIN AGE'
const SECRET_KEY = /^\s*AGE-SECRET-KEY-/imu

const form = element('form', HTMLFormElement)
const bundle = element('bundle', HTMLInputElement)
const secret = element('secret', HTMLInputElement)
const identity = element('identity', HTMLInputElement)
const told = element('told', HTMLElement)

form.addEventListener('submit', (event) => {
  event.preventDefault()
  tell('Opening … A passphrase takes some seconds.')
  // Drawn before the passphrase is worked on, which holds the page up.
  requestAnimationFrame(() => setTimeout(() => void openBundle(), 0))
})

async function openBundle(): Promise<void> {
  const file = bundle.files?.[0]
  const key = (await identity.files?.[0]?.text()) ?? secret.value
  if (file === undefined || key.trim() === '') {
    tell('Choose the bundle, and type the passphrase or choose the file of your key.')
    return
  }
  try {
    offer(await decrypted(file, key), file.name.replace(/\.age$/u, ''))
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    tell(
      why.startsWith('no identity matched')
        ? 'It does not open with this. Mind capitals and dashes.'
        : `It can not be opened: it was changed or cut off, or this is no key of age. (${why})`,
    )
  }
}

async function decrypted(file: File, key: string): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  if (SECRET_KEY.test(key)) {
    for (const line of key.split('\n').map((text) => text.trim())) {
      if (SECRET_KEY.test(line)) decrypter.addIdentity(line)
    }
  } else {
    decrypter.addPassphrase(key)
  }
  const bytes = new Uint8Array(await file.arrayBuffer())
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, ARMOR.length))
  return decrypter.decrypt(head === ARMOR ? armor.decode(await file.text()) : bytes)
}

function offer(content: Uint8Array, name: string): void {
  secret.value = ''
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content.slice()]))
  link.download = name
  link.textContent = `Save ${name}`
  told.replaceChildren(
    'Opened. ',
    link,
    '. Unpack it; the README in it says how to go on. Delete it when what is in it is where it belongs.',
  )
  link.focus()
}

function tell(text: string): void {
  told.textContent = text
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.querySelector(`#${id}`)
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`)
  return found
}
