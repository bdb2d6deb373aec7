import { useState } from 'react'
import { Button, NumberInput, SegmentedControl, Switch, Textarea } from '@mantine/core'
import type { RoleView } from '#shared/contract/keys.ts'
import { templateProblems, type TemplateProblem } from '#shared/protocol/permission-template.ts'
import { roleTitle } from '#shared/protocol/roles.ts'
import { Notice } from '../../../ui/notice.tsx'
import { draftOf, isSameTemplate, templateOf, type RoleDraft } from '../role-draft.ts'
import { RolePreview } from './role-preview.tsx'
import { SaveRoleDialog } from './save-role-dialog.tsx'
import styles from './keys.module.css'

interface RoleEditorProps {
  readonly role: RoleView
  readonly root: string
  /** Whether there is an operator, whose accounts could carry it. */
  readonly canSave: boolean
}

const LISTS = [
  { field: 'pubAllow', label: 'May publish', rows: 4 },
  { field: 'subAllow', label: 'May subscribe', rows: 4 },
  { field: 'pubDeny', label: 'But not publish', rows: 1 },
  { field: 'subDeny', label: 'But not subscribe', rows: 1 },
] as const

/** Permissions of a role: edited line by line, with what is wrong about them and what becomes of them. */
export function RoleEditor({ role, root, canSave }: RoleEditorProps) {
  const [draft, setDraft] = useState<RoleDraft>(() => draftOf(role.template))
  const [saving, setSaving] = useState(false)
  const set = (change: Partial<RoleDraft>) => setDraft((old) => ({ ...old, ...change }))
  const template = templateOf(draft)
  const problems = templateProblems(template, { spansTenants: role.role === 'registry', root })
  const refused = problems.some(({ level }) => level === 'refused')
  const changed = !isSameTemplate(template, role.template)
  const isAsItCame = isSameTemplate(template, role.comesWith)
  return (
    <div className={styles.editor}>
      <div className={styles.columns}>
        <div className={styles.editorForm}>
          <p className={styles.hint}>
            One subject a line. {'{root}'} and {'{tenant}'} are filled in by Muster; {'{{name()}}'}{' '}
            and {'{{subject()}}'}, the user’s name and key, by the server. Each stands as a token of
            its own.
          </p>
          <div className={styles.lists}>
            {LISTS.map(({ field, label, rows }) => (
              <Textarea
                key={field}
                label={label}
                autosize
                minRows={rows}
                maxRows={12}
                spellCheck={false}
                value={draft[field]}
                onChange={(event) => set({ [field]: event.currentTarget.value })}
              />
            ))}
          </div>
          <Problems problems={problems} />
          <div className={styles.row}>
            <Switch
              label="May answer requests, on whatever subject their answer is awaited"
              checked={draft.answers}
              onChange={(event) => set({ answers: event.currentTarget.checked })}
            />
            {draft.answers && (
              <>
                <NumberInput
                  className={styles.small ?? ''}
                  label="Answers each"
                  min={1}
                  max={1_000_000}
                  allowDecimal={false}
                  value={draft.max}
                  onChange={(value) => set({ max: Number(value) })}
                />
                <NumberInput
                  className={styles.small ?? ''}
                  label="Within seconds"
                  min={1}
                  max={86_400}
                  allowDecimal={false}
                  value={draft.seconds}
                  onChange={(value) => set({ seconds: Number(value) })}
                />
              </>
            )}
          </div>
          <div className={styles.row}>
            <SegmentedControl
              aria-label="Inbox"
              value={draft.inbox}
              onChange={(value) => set({ inbox: value === 'private' ? 'private' : 'shared' })}
              data={[
                { value: 'shared', label: 'Shared inbox' },
                { value: 'private', label: 'Private inbox' },
              ]}
            />
            <p className={styles.hint} style={{ flex: '1 1 16rem' }}>
              {draft.inbox === 'shared'
                ? 'Answers come on _INBOX, as devices in the field expect. Others in the account can listen to them.'
                : 'Answers come on a prefix of the user’s own, which its client has to be told. Nobody else hears them.'}
            </p>
          </div>
          <div className={styles.buttons}>
            {!isAsItCame && (
              <Button
                variant="subtle"
                color="gray"
                onClick={() => setDraft(draftOf(role.comesWith))}
              >
                As it came
              </Button>
            )}
            <Button
              variant="default"
              disabled={!changed}
              onClick={() => setDraft(draftOf(role.template))}
            >
              Discard
            </Button>
            <Button disabled={!changed || refused || !canSave} onClick={() => setSaving(true)}>
              Save {roleTitle(role.role)}…
            </Button>
          </div>
        </div>
        <RolePreview template={template} role={role} root={root} />
      </div>
      <SaveRoleDialog
        role={role}
        template={isAsItCame ? null : template}
        opened={saving}
        onClose={() => setSaving(false)}
      />
    </div>
  )
}

function Problems({ problems }: { problems: readonly TemplateProblem[] }) {
  if (problems.length === 0) return null
  return (
    <div className={styles.problems} role="region" aria-label="What is wrong">
      {problems.map(({ level, list, subject, text }) => (
        <Notice
          key={`${list} ${subject} ${text}`}
          tone={level === 'refused' ? 'bad' : 'warn'}
          title={subject === '' ? undefined : <code>{subject}</code>}
        >
          {text}
        </Notice>
      ))}
    </div>
  )
}
