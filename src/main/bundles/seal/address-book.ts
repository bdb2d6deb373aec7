import { randomUUID } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Person } from '#shared/contract/bundles.ts'
import { ConflictError } from '#shared/errors.ts'
import { personUnknown } from '../bundle-errors.ts'
import { requireRecipient } from './seal.ts'

/** People whom bundles can be sealed to, by their public keys of age. */
export class AddressBook {
  readonly #database: DatabaseSync
  readonly #now: () => Date

  constructor(database: DatabaseSync, now: () => Date) {
    this.#database = database
    this.#now = now
  }

  people(): Person[] {
    return this.#database
      .prepare('SELECT * FROM bundle_people ORDER BY name COLLATE NOCASE, rowid')
      .all()
      .map(personOf)
  }

  /** @throws RejectedError `BUNDLE_RECIPIENT`; ConflictError `PERSON_EXISTS`. */
  add({ name, publicKey, note }: Pick<Person, 'name' | 'publicKey' | 'note'>): Person {
    requireRecipient(publicKey)
    const present = this.people().find((person) => person.publicKey === publicKey)
    if (present !== undefined) throw personExists(present.name)
    const person = { id: randomUUID(), name, publicKey, note, at: this.#now() }
    this.#database
      .prepare(
        'INSERT INTO bundle_people (id, name, public_key, note, added_at) VALUES (?, ?, ?, ?, ?)',
      )
      .run(person.id, name, publicKey, note, person.at.getTime())
    return { id: person.id, name, publicKey, note, addedAt: person.at.toISOString(), usedAt: null }
  }

  /** Safe where it is gone. */
  remove(id: string): void {
    this.#database.prepare('DELETE FROM bundle_people WHERE id = ?').run(id)
  }

  /** @throws RejectedError `PERSON_UNKNOWN`. */
  chosen(ids: readonly string[]): Person[] {
    const all = new Map(this.people().map((person) => [person.id, person]))
    return ids.map((id) => {
      const person = all.get(id)
      if (person === undefined) throw personUnknown()
      return person
    })
  }

  /** Notes that a bundle was sealed to them; in the caller's transaction. */
  used(ids: readonly string[]): void {
    const note = this.#database.prepare('UPDATE bundle_people SET used_at = ? WHERE id = ?')
    for (const id of ids) note.run(this.#now().getTime(), id)
  }
}

function personOf(row: Record<string, SQLOutputValue>): Person {
  const at = (value: SQLOutputValue | undefined) =>
    typeof value === 'number' ? new Date(value).toISOString() : null
  return {
    id: String(row['id']),
    name: String(row['name']),
    publicKey: String(row['public_key']),
    note: String(row['note']),
    addedAt: at(row['added_at']) ?? new Date(0).toISOString(),
    usedAt: at(row['used_at']),
  }
}

function personExists(name: string): ConflictError {
  return new ConflictError({
    code: 'PERSON_EXISTS',
    message: `This key is in the address book already, as ${name}.`,
    advice: 'Remove that entry first to give it another name.',
  })
}
