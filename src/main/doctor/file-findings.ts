import type { Finding } from '#shared/contract/doctor.ts'
import { findingsOf } from './finding.ts'
import type { TextOddity } from './credential-text.ts'
import type { FileDamage, ReadCredential } from './read-credential.ts'

const file = findingsOf('file')

const AGAIN = 'Get the file again from where it was issued, as a download or by USB stick.'

const DAMAGE: Readonly<Record<FileDamage, (format: string) => Finding>> = {
  unclosed: () =>
    file.refused({
      code: 'FILE_TRUNCATED',
      title: 'The file is cut off',
      meaning: 'A block in it begins and does not end, so its end was lost on the way.',
      advice: AGAIN,
    }),
  'no-jwt': (format) =>
    file.refused({
      code: 'FILE_WITHOUT_JWT',
      title: 'There is no JWT in it',
      meaning: `A .${format} file holds the JWT of a user; in this one its place is empty.`,
      advice: AGAIN,
    }),
  'no-seed': () =>
    file.refused({
      code: 'FILE_WITHOUT_SEED',
      title: 'The private seed is missing',
      meaning: 'A .creds file needs the seed besides the JWT; without it nobody can log in.',
      advice: AGAIN,
    }),
  'broken-json': () =>
    file.refused({
      code: 'FILE_BROKEN_JSON',
      title: 'The JSON is damaged',
      meaning: 'It was cut off or edited by hand, so no device can read it.',
      advice: AGAIN,
    }),
  several: () =>
    file.warning({
      code: 'FILE_SEVERAL',
      title: 'There is more than one user in it',
      meaning: 'Clients take the first and ignore the rest. So does this diagnosis.',
      advice: 'Use a file for each user.',
    }),
  wrapped: () =>
    file.refused({
      code: 'FILE_JWT_WRAPPED',
      title: 'The JWT is broken into several lines',
      meaning: 'A mail or chat program put line breaks into it. Clients take the first line only.',
      advice: 'Put the JWT onto one line, or get the file again as a file.',
    }),
  unknown: () =>
    file.refused({
      code: 'NOT_A_CREDENTIAL',
      title: 'This is not a NATS credential',
      meaning: 'There is neither a user JWT nor a seed in it.',
      advice: 'Choose a .creds or .creds.json file, or paste its whole text.',
    }),
}

const ODDITIES: Readonly<Record<TextOddity, Finding>> = {
  'utf-16': file.refused({
    code: 'FILE_UTF16',
    title: 'The file is encoded as UTF-16',
    meaning: 'PowerShell writes so by default. Clients expect UTF-8 and find nothing in it.',
    advice: 'Save it as UTF-8 without a byte order mark.',
  }),
  'byte-order-mark': file.warning({
    code: 'FILE_BYTE_ORDER_MARK',
    title: 'The file begins with a byte order mark',
    meaning: 'An editor on Windows put it there. Some clients fail to read such a file.',
    advice: 'Save it as UTF-8 without a byte order mark.',
  }),
  crlf: file.fine({
    code: 'FILE_CRLF',
    title: 'Its lines end as on Windows',
    meaning: 'Clients cope with that.',
  }),
  html: file.refused({
    code: 'FILE_HTML',
    title: 'The file was saved as a web page',
    meaning: 'There is HTML around the credential, which no client reads.',
    advice: 'Download the file itself (“Save link as”), or copy the text without the page.',
  }),
  quoted: file.refused({
    code: 'FILE_QUOTED',
    title: 'The text carries marks of a quotation',
    meaning: 'It was copied out of a mail or chat with the “>” at the beginning of its lines.',
    advice: 'Remove them, or get the file again as a file.',
  }),
}

/** What can be said about the file or text itself. */
export function fileFindings(read: ReadCredential): Finding[] {
  const { oddities, damage, format } = read
  const found = [
    ...oddities.map((oddity) => ODDITIES[oddity]),
    ...damage.map((one) => DAMAGE[one](format)),
  ]
  if (found.some(({ severity }) => severity === 'refused')) return found
  if (format === 'seed') {
    found.push(
      file.refused({
        code: 'FILE_SEED_ONLY',
        title: 'There is a seed, and no JWT',
        meaning: 'Servers in operator mode want the JWT that was issued for the key as well.',
        advice: 'Use the whole credential file.',
      }),
    )
  } else {
    const what = format === 'jwt' ? 'a JWT' : `a .${format} file`
    found.push(
      file.fine({
        code: 'FILE_READ',
        title: `Read as ${what}`,
        meaning: 'Nothing in it is damaged.',
      }),
    )
  }
  return found
}

const seed = findingsOf('seed')

/** Whether the seed is one, and the one that the JWT is for. */
export function seedFindings(read: ReadCredential, user: string | null): Finding[] {
  const { seedKey, format } = read
  if (seedKey.type === 'none') {
    if (format !== 'creds.json' && format !== 'jwt') return []
    return [
      seed.fine({
        code: 'SEED_ABSENT',
        title: 'It holds no seed',
        meaning:
          'The device keeps its private key to itself. Whether it still has the right one, only a login by the device can tell.',
      }),
    ]
  }
  if (seedKey.type === 'malformed') {
    return [
      seed.refused({
        code: 'SEED_MALFORMED',
        title: 'The seed is damaged',
        meaning: 'Its checksum does not fit: a character is missing or wrong.',
        advice: AGAIN,
      }),
    ]
  }
  if (seedKey.role !== 'user') {
    return [
      seed.refused({
        code: 'SEED_OF_OTHER_KIND',
        title: `This is the private key of an ${seedKey.role}`,
        meaning: `Whoever has it can issue credentials in the name of this ${seedKey.role}. It has no place in a credential file.`,
        advice:
          'Find out who has seen this file, rotate that key (Keys), and delete the file everywhere.',
      }),
    ]
  }
  if (user !== null && seedKey.publicKey !== user) {
    return [
      seed.refused({
        code: 'SEED_OF_OTHER_USER',
        title: 'Seed and JWT do not belong together',
        meaning: `The JWT is for ${user}, the seed is of ${seedKey.publicKey}. The file was put together from two.`,
        advice: AGAIN,
      }),
    ]
  }
  return user === null
    ? []
    : [
        seed.fine({
          code: 'SEED_FITS',
          title: 'The seed is the one that the JWT is for',
          meaning: 'Its public key is the subject of the JWT.',
        }),
      ]
}
