import { useState } from 'react'
import { TextInput } from '@mantine/core'
import type { RoleTemplate, RoleView } from '#shared/contract/keys.ts'
import {
  expandedRules,
  placedTemplate,
  type SubjectRules,
} from '#shared/protocol/permission-template.ts'
import { queueTags } from '#shared/protocol/queue.ts'
import { SubjectText } from '../../../ui/subject-text.tsx'
import styles from './keys.module.css'

const SAMPLE_KEY = `U${'A'.repeat(7)}…`

interface RolePreviewProps {
  readonly template: RoleTemplate
  readonly role: RoleView
  readonly root: string
}

/** What a user of the role could say and hear in the end: exactly what the server makes of it. */
export function RolePreview({ template, role, root }: RolePreviewProps) {
  const spansTenants = role.role === 'registry'
  const [tenant, setTenant] = useState(role.keys[0]?.tenant ?? 'acme')
  const [name, setName] = useState('robot-1')
  const placed = placedTemplate(template, { root, tenant: spansTenants ? null : tenant })
  const user = { name, publicKey: SAMPLE_KEY, tags: queueTags(tenant, name) }
  return (
    <aside className={styles.preview} aria-label="Preview">
      <h2 className={styles.previewTitle}>What becomes of it</h2>
      <div className={styles.row}>
        {!spansTenants && (
          <TextInput
            className={styles.small ?? ''}
            label="For tenant"
            value={tenant}
            onChange={(event) => setTenant(event.currentTarget.value)}
          />
        )}
        <TextInput
          className={styles.small ?? ''}
          label="And user"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <Subjects title="Publishes on" rules={expandedRules(placed.pub, user)} />
      <Subjects title="Subscribes to" rules={expandedRules(placed.sub, user)} />
      {placed.answers !== null && (
        <p className={styles.hint}>
          Answers each request {placed.answers.max === 1 ? 'once' : `${placed.answers.max} times`}{' '}
          within {placed.answers.seconds} s.
        </p>
      )}
    </aside>
  )
}

function Subjects({ title, rules }: { title: string; rules: SubjectRules }) {
  return (
    <div>
      <h3 className={styles.subjectsTitle}>{title}</h3>
      <ul className={styles.subjects}>
        {rules.allow.map((subject) => (
          <li key={subject}>
            <SubjectText subject={subject} />
          </li>
        ))}
        {rules.deny.map((subject) => (
          <li key={`not ${subject}`}>
            not <SubjectText subject={subject} />
          </li>
        ))}
      </ul>
    </div>
  )
}
