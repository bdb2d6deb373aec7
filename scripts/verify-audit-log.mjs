// `node scripts/verify-audit-log.mjs FILE`: checks an exported audit log without Muster.
//
// Needs nothing but Node; docs/operations.md says the same in words, for whoever wants to check it in
// another language. Prints the number and hash of the last entry, to be compared with what Muster's
// Audit page shows or with what was written down elsewhere: that the end is missing, nothing else can tell.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const [path] = process.argv.slice(2)
if (path === undefined) {
  console.error('Which file? node scripts/verify-audit-log.mjs muster-audit-2026-03-01.jsonl')
  process.exit(2)
}

const HASH = /,"hash":"([0-9a-f]{64})"\}$/
const problems = []
let previous = '0'.repeat(64)
let number = 0

for (const line of readFileSync(path, 'utf8').split('\n')) {
  if (line === '') continue
  number += 1
  const hash = HASH.exec(line)?.[1]
  // What was hashed is the line without its last field.
  const body = line.replace(HASH, '}')
  let entry = {}
  try {
    entry = JSON.parse(body)
  } catch {
    problems.push(`line ${number}: not JSON`)
  }
  if (entry.seq !== number) {
    problems.push(`line ${number}: has the number ${entry.seq}; entries are missing or in disorder`)
    number = Number.isInteger(entry.seq) ? entry.seq : number
  }
  if (createHash('sha256').update(body, 'utf8').digest('hex') !== hash) {
    problems.push(`entry ${number}: its text was changed`)
  }
  if (entry.previous !== previous) {
    problems.push(`entry ${number}: does not follow the one before it`)
  }
  previous = hash ?? ''
}

for (const problem of problems.slice(0, 100)) console.error(problem)
console.log(`${number} entries, last hash ${previous}`)
console.log(problems.length === 0 ? 'The chain is unbroken.' : `${problems.length} breaks.`)
process.exit(problems.length === 0 ? 0 : 1)
