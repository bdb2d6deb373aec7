import { IconBuildingCommunity, IconHome2 } from '@tabler/icons-react'
import type { Tenant } from '#shared/contract/tenants.ts'
import { ChoiceCards } from '../../../ui/choice-cards.tsx'
import { Notice } from '../../../ui/notice.tsx'
import styles from './tenant-forms.module.css'

type Isolation = Tenant['isolation']

interface IsolationChoiceProps {
  readonly value: Isolation
  readonly onChange: (value: Isolation) => void
}

/** How a tenant is kept apart, with what the weaker way lets through. */
export function IsolationChoice({ value, onChange }: IsolationChoiceProps) {
  return (
    <>
      <ChoiceCards
        label="Isolation"
        value={value}
        onChange={onChange}
        choices={[
          {
            value: 'account',
            icon: IconHome2,
            title: 'An account of its own',
            text: 'The server lets nothing cross but what is exported. Limits count for this tenant alone.',
          },
          {
            value: 'shared',
            icon: IconBuildingCommunity,
            title: 'The shared account',
            text: 'Only permissions of each credential keep it apart from the other shared tenants.',
          },
        ]}
      />
      {value === 'shared' && (
        <Notice tone="warn" title="What the shared account leaks">
          <ul className={styles.list}>
            <li>
              Devices in the field listen on <code>_INBOX.&gt;</code>, which all shared tenants have
              in common: a client of one can read the answers that another gets, and forge them.
            </li>
            <li>
              Limits, JetStream and subject mappings are those of the account, for all of them.
            </li>
            <li>A credential that leaks with too wide permissions reaches every shared tenant.</li>
          </ul>
          It can not be changed later. Muster&apos;s own connections use a private inbox.
        </Notice>
      )}
    </>
  )
}
