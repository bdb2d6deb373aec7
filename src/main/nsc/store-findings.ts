import { basename, dirname } from 'node:path'
import type { DecodedJwt } from '../authority/jwt.ts'
import type { Damage, StoreItem } from './read-store-file.ts'
import { userClaims } from './store-claims.ts'
import type { StoreAccount, StoreModel, StoreOperator, StoreUser } from './store-model.ts'
import type { Obstacle } from './walk-files.ts'

/** How something in a store stands. */
export type FindingGroup =
  | 'sound'
  | 'missing'
  | 'orphaned'
  | 'misplaced'
  | 'expired'
  | 'foreign'
  | 'revoked'
  | 'damaged'
  | 'unreadable'

export interface Finding {
  readonly group: FindingGroup
  readonly what: 'operator' | 'account' | 'user' | 'key' | 'file'
  readonly name: string
  readonly publicKey: string | null
  readonly path: string
  /** What it means, in a sentence; empty where it is sound. */
  readonly text: string
}

const NO_SEED: Readonly<Record<'operator' | 'account', string>> = {
  operator: 'None of its private keys is here, so it can sign nothing.',
  account:
    'None of its private keys is here. What was issued in it goes on working; new credentials need a new signing key.',
}

const DAMAGES: Readonly<Record<Damage, string>> = {
  truncated: 'It is cut, or no NATS JWT at all. It is left out.',
  altered:
    'It was changed by hand after it was signed: its signature does not fit. It is left out.',
  'version-1':
    'It is a JWT of version 1, which servers no longer take. Run `nsc upgrade-jwt` first. It is left out.',
  'odd-claims':
    'Its claims are not such as an operator, account or user has, though the signature fits. It is left out.',
  'not-self-signed':
    'It is the JWT of an operator that somebody else signed. No server takes it. It is left out.',
  'not-a-key':
    'It holds no private key of an operator, account or user, or half of one. It is left out.',
  'key-mismatch':
    'Its private key is not that of the user its JWT is for: two files were mixed. It is left out.',
  'too-large': 'It is far larger than anything that belongs here. It was not read.',
  unreadable: 'It could not be read: permission, or a fault of the disk.',
}

const GROUP_OF: Partial<Readonly<Record<Damage, FindingGroup>>> = {
  unreadable: 'unreadable',
  'not-self-signed': 'foreign',
}

/** Everything there is to say about a store before it is imported. */
export function findingsOf(
  model: StoreModel,
  items: readonly StoreItem[],
  obstacles: readonly Obstacle[],
  now: Date,
): Finding[] {
  const findings: Finding[] = []
  const nowSeconds = now.getTime() / 1000
  for (const operator of model.operators) {
    findings.push(standingOf('operator', operator, model, nowSeconds))
    for (const account of operator.accounts) {
      findings.push(standingOf('account', account, model, nowSeconds))
      for (const user of account.users) findings.push(standingOfUser(user, nowSeconds))
    }
  }
  for (const account of model.foreignAccounts) {
    const text =
      'No operator of this store signed it, so no server of theirs takes it. It is left out with its users.'
    findings.push(finding('foreign', 'account', account, text))
    for (const user of account.users) {
      findings.push(
        finding(
          'foreign',
          'user',
          user,
          'Its account was not signed by an operator of this store. It is left out.',
        ),
      )
    }
  }
  for (const user of model.strayUsers) {
    findings.push(
      finding('foreign', 'user', user, 'Its account is not in this store. It is left out.'),
    )
  }
  findings.push(...misplaced(model, items), ...orphaned(model))
  for (const item of items) {
    if (item.kind !== 'damaged') continue
    const group = GROUP_OF[item.damage] ?? 'damaged'
    findings.push(fileFinding(group, item.path, DAMAGES[item.damage]))
  }
  for (const { path, reason } of obstacles) {
    const text =
      reason === 'loop'
        ? 'It is a link that leads back to itself. It was not followed.'
        : 'It may not be read by the user that Muster runs as.'
    findings.push(fileFinding('unreadable', path, text))
  }
  return findings
}

interface Named {
  readonly name: string
  readonly publicKey: string
  readonly path: string
  readonly claims: DecodedJwt
}

function standingOf(
  what: 'operator' | 'account',
  entity: StoreOperator | StoreAccount,
  model: StoreModel,
  nowSeconds: number,
): Finding {
  if (isExpired(entity.claims, nowSeconds)) {
    return finding(
      'expired',
      what,
      entity,
      `Its JWT expired ${dateOf(entity.claims.exp)}. Servers refuse it until it is signed anew.`,
    )
  }
  const scoped = 'scoped' in entity ? entity.scoped.map(({ key }) => key) : []
  const keys = [entity.publicKey, ...entity.signingKeys, ...scoped]
  if (keys.some((key) => model.keys.has(key))) {
    return finding('sound', what, entity, '')
  }
  return finding('missing', what, entity, NO_SEED[what])
}

function standingOfUser(user: StoreUser, nowSeconds: number): Finding {
  if (!user.ours) {
    return finding(
      'foreign',
      'user',
      user,
      'None of its account’s keys signed it, so servers refuse it. It is left out.',
    )
  }
  if (user.revoked)
    return finding('revoked', 'user', user, 'Its account revokes it. The ledger will say so.')
  if (isExpired(user.claims, nowSeconds)) {
    return finding(
      'expired',
      'user',
      user,
      `It expired ${dateOf(user.claims.exp)}. The ledger will say so.`,
    )
  }
  return finding('sound', 'user', user, '')
}

/** Keys and JWTs that lie under the name of something else; what is in them counts. */
function misplaced(model: StoreModel, items: readonly StoreItem[]): Finding[] {
  const names = new Map(
    [...model.operators.flatMap(({ accounts }) => accounts), ...model.foreignAccounts].map(
      ({ publicKey, name }) => [publicKey, name],
    ),
  )
  return items.flatMap((item): Finding[] => {
    if (item.kind === 'key')
      return isMisplacedKey(item)
        ? [
            keyFinding(
              'misplaced',
              item,
              'It lies under the name or in the folder of another key, where nsc does not find it. Muster goes by what is in it.',
            ),
          ]
        : []
    if (item.kind !== 'jwt') return []
    const text = misplacedJwt(item.path, item.claims, names)
    return text === undefined
      ? []
      : [
          {
            ...fileFinding('misplaced', item.path, text),
            name: item.claims.name,
            publicKey: item.claims.sub,
          },
        ]
  })
}

function isMisplacedKey({ path, publicKey, namedFor }: KeyItem): boolean {
  if (namedFor !== null && namedFor !== publicKey) return true
  // nsc: keys/O/AB/OAB….nk
  const folders = /[/\\]keys[/\\]([A-Z])[/\\]([A-Z2-7]{2})[/\\][^/\\]+$/u.exec(path)
  return folders !== null && `${folders[1]}${folders[2]}` !== publicKey.slice(0, 3)
}

function misplacedJwt(
  path: string,
  claims: DecodedJwt,
  accountNames: ReadonlyMap<string, string>,
): string | undefined {
  const place = /[/\\]accounts[/\\]([^/\\]+)[/\\](users[/\\])?([^/\\]+)\.jwt$/u.exec(path)
  if (place === null) return undefined
  const [, folder, inUsers, stem] = place
  const wanted = claims.nats.type === 'user' ? 'users' : 'account'
  if ((inUsers !== undefined) !== (wanted === 'users'))
    return 'A JWT of another kind belongs here, so nsc does not find it. Muster goes by what is in it.'
  if (stem !== claims.name)
    return `It is the JWT of ${claims.name}, under another name. Muster goes by what is in it.`
  if (wanted !== 'users') return undefined
  const home = accountNames.get(userClaims(claims).account)
  return home === undefined || home === folder
    ? undefined
    : `It belongs to the account ${home}, not to ${String(folder)}. Muster goes by what is in it.`
}

/** Private keys that no JWT of the store names. */
function orphaned(model: StoreModel): Finding[] {
  const named = new Set<string>()
  for (const { publicKey, signingKeys } of model.operators)
    for (const key of [publicKey, ...signingKeys]) named.add(key)
  const accounts = [
    ...model.operators.flatMap((operator) => operator.accounts),
    ...model.foreignAccounts,
  ]
  for (const account of accounts) {
    named.add(account.publicKey)
    for (const key of account.signingKeys) named.add(key)
    for (const { key } of account.scoped) named.add(key)
    for (const { publicKey } of account.users) named.add(publicKey)
  }
  for (const { publicKey } of model.strayUsers) named.add(publicKey)
  return [...model.keys.values()]
    .filter(({ publicKey }) => !named.has(publicKey))
    .map((item) =>
      keyFinding(
        'orphaned',
        item,
        `It is a private key of ${item.role === 'user' ? 'a user' : `an ${item.role}`} that no JWT of this store names. It stays where it is.`,
      ),
    )
}

type KeyItem = Extract<StoreItem, { kind: 'key' }>

function keyFinding(group: FindingGroup, { path, publicKey }: KeyItem, text: string): Finding {
  return { group, what: 'key', name: basename(path), publicKey, path, text }
}

function fileFinding(group: FindingGroup, path: string, text: string): Finding {
  return {
    group,
    what: 'file',
    name: `${basename(dirname(path))}/${basename(path)}`,
    publicKey: null,
    path,
    text,
  }
}

function finding(
  group: FindingGroup,
  what: 'operator' | 'account' | 'user',
  entity: Named,
  text: string,
): Finding {
  const { name, publicKey, path } = entity
  return { group, what, name: name === '' ? publicKey : name, publicKey, path, text }
}

export function isExpired({ exp = 0 }: DecodedJwt, nowSeconds: number): boolean {
  return exp > 0 && exp <= nowSeconds
}

function dateOf(seconds = 0): string {
  return `on ${new Date(Math.min(seconds, 8.64e12) * 1000).toISOString().slice(0, 10)}`
}
