import { IconAlertTriangle, IconPlus } from '@tabler/icons-react'
import type { NscAccount, NscOperator } from '#shared/contract/nsc.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { MAKES_WORDS, PLACE_WORDS } from '../nsc-words.ts'
import styles from './nsc.module.css'

/** What an import would make of an operator: its accounts, what is added, what to know. */
export function ImportPlan({ operator }: { operator: NscOperator }) {
  const { accounts, makes, warnings, obstacle } = operator
  const heading = obstacle === null ? 'What will happen' : 'What it holds'
  return (
    <section aria-label={heading}>
      <h3 className={styles.heading}>{heading}</h3>
      {accounts.length > 0 && (
        <div className={styles.tableBox}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Account</th>
                <th scope="col">Becomes</th>
                <th scope="col">Tenants</th>
                <th scope="col" className={styles.number}>
                  Users
                </th>
              </tr>
            </thead>
            <tbody>
              {accounts.map((account) => (
                <AccountRow key={account.publicKey} account={account} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <ul className={styles.notes}>
        {makes.map((made) => (
          <li key={made}>
            <IconPlus size={15} aria-hidden />
            <span>{MAKES_WORDS[made]}</span>
          </li>
        ))}
        {warnings.map((warning) => (
          <li key={warning} data-tone="warn">
            <IconAlertTriangle size={15} aria-hidden />
            <bdi>{warning}</bdi>
          </li>
        ))}
      </ul>
    </section>
  )
}

function AccountRow({ account }: { account: NscAccount }) {
  const { name, becomes, tenants, users, notes, canIssue } = account
  return (
    <tr data-out={becomes === 'nothing'}>
      <td>
        <DeviceText text={name} />
      </td>
      <td>
        {PLACE_WORDS[becomes]}
        {becomes !== 'nothing' && becomes !== 'system' && !canIssue && (
          <span className={styles.note}>No key to issue with is here.</span>
        )}
        {notes.map((note) => (
          <bdi key={note} className={styles.note}>
            {note}
          </bdi>
        ))}
      </td>
      <td>
        <span className={styles.tags}>
          {tenants.map((tenant) => (
            <Tag key={tenant}>
              <bdi>{tenant}</bdi>
            </Tag>
          ))}
        </span>
      </td>
      <td className={styles.number}>{users.toLocaleString('en')}</td>
    </tr>
  )
}
