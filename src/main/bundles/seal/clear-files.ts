import type { OutgoingFile } from '../deliver/destination.ts'
import { OPEN_MODE, SCRIPT_MODE } from '../content/content-file.ts'

/** What lies in the clear beside a sealed bundle may say so much, and no more. */
export interface ClearFacts {
  /** Name of the bundle's files, without ending. */
  readonly name: string
  /** `NAME.zip.age`. */
  readonly file: string
  readonly sha256: string
  readonly form: 'zip' | 'tar.gz'
  readonly sealedTo: 'passphrase' | 'people'
  readonly createdAt: Date
  /** Public key (O…) of the operator that signed the manifest. */
  readonly signedBy: string
  /** The page that opens it in a browser; null where this Muster was not built with one. */
  readonly openerPage: string | null
}

/** Names of what `clearFiles` makes. */
export function clearNames(name: string): {
  readonly readme: string
  readonly opener: string
  readonly page: string
} {
  return { readme: `${name}.README.txt`, opener: `open-${name}.sh`, page: `open-${name}.html` }
}

/** A README and an opener for whoever has no Muster. Nothing in them is secret, not even for whom it is. */
export function clearFiles(facts: ClearFacts): OutgoingFile[] {
  const { readme, opener, page } = clearNames(facts.name)
  const { openerPage } = facts
  return [
    { name: readme, content: Buffer.from(readmeOf(facts)), mode: OPEN_MODE },
    { name: opener, content: Buffer.from(openerOf(facts)), mode: SCRIPT_MODE },
    ...(openerPage === null
      ? []
      : [{ name: page, content: Buffer.from(openerPage), mode: OPEN_MODE }]),
  ]
}

function readmeOf({
  name,
  file,
  form,
  sha256,
  sealedTo,
  createdAt,
  signedBy,
  openerPage,
}: ClearFacts): string {
  const { opener, page } = clearNames(name)
  const key =
    sealedTo === 'passphrase'
      ? 'It asks for the passphrase, which you were told by another way than this.'
      : 'It takes your secret key of age: add -i KEYFILE after -d.'
  const unpack =
    form === 'zip'
      ? `unzip ${name}.zip -d ${name}`
      : `mkdir ${name} && tar -xzf ${name}.tar.gz -C ${name}`
  return `${file}

This is a sealed bundle of credentials, made ${createdAt.toISOString()}. Nobody can read it without ${sealedTo === 'passphrase' ? 'the passphrase' : 'the key it was sealed to'}.

Open it with Muster:
  Bundles, Open, and choose the file. Muster checks who made it and that nothing was changed.

Open it without Muster, with age (https://age-encryption.org; apt install age, brew install age,
winget install FiloSottile.age):
  age -d -o ${name}.${form} ${file}
  ${unpack}
${key}
On Linux and macOS this does both:  sh ${opener}
${
  openerPage === null
    ? ''
    : `
Open it without any program, in a browser: open ${page} from beside this file. It works without a
network and sends nothing anywhere, but it does not check who made the bundle.
`
}
The README in it says how to go on. Delete what you unpacked when it is where it belongs.

SHA-256 of ${file}:
  ${sha256}
Signed by the operator key:
  ${signedBy}
`
}

/** Needs nothing but a POSIX shell, age (or rage), and what unpacks. Never writes over what is there. */
function openerOf({ name, file, form, sha256 }: ClearFacts): string {
  return `#!/bin/sh
# Opens ${file} into the folder ${name} beside it, or into the folder that is named:
#   sh open-${name}.sh [-i KEYFILE] [FOLDER]
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
key=
if [ "\${1:-}" = -i ]; then key=\${2:?name the file of your key}; shift 2; fi
target=\${1:-"$here/${name}"}
say() { printf '%s\\n' "$*" >&2; }

if [ -e "$target" ]; then say "$target is there already; name another folder."; exit 1; fi
if command -v age >/dev/null 2>&1; then tool=age
elif command -v rage >/dev/null 2>&1; then tool=rage
else say "age is missing: apt install age, brew install age, or https://age-encryption.org"; exit 1; fi

if command -v sha256sum >/dev/null 2>&1; then sum=$(sha256sum < "$here/${file}")
elif command -v shasum >/dev/null 2>&1; then sum=$(shasum -a 256 < "$here/${file}")
else sum=; fi
if [ -n "$sum" ] && [ "\${sum%% *}" != ${sha256} ]; then
  say "${file} is not as it was made: cut off or changed. Get it once more."; exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "$key" ]; then "$tool" -d -i "$key" -o "$work/bundle" "$here/${file}"
else "$tool" -d -o "$work/bundle" "$here/${file}"; fi
mkdir "$work/files"
${
  form === 'zip'
    ? `if command -v unzip >/dev/null 2>&1; then unzip -q "$work/bundle" -d "$work/files"
elif command -v python3 >/dev/null 2>&1; then python3 -m zipfile -e "$work/bundle" "$work/files"
else say "unzip is missing."; exit 1; fi`
    : 'tar -xzf "$work/bundle" -C "$work/files"'
}
mv "$work/files" "$target"
say "Opened into $target. Its README says how to go on."
`
}
