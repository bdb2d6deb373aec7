import { useState } from 'react'
import { Button, Modal, Skeleton } from '@mantine/core'
import { IconFileExport } from '@tabler/icons-react'
import type { NatsContext } from '#shared/contract/nsc.ts'
import { problemOf } from '../../../lib/problem.ts'
import { DeviceText } from '../../../ui/device-text.tsx'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { SettingGroup, SettingRow } from '../../../ui/setting-row.tsx'
import { Tag } from '../../../ui/tag.tsx'
import { useContexts } from '../api/contexts.ts'
import { LOGIN_WORDS } from '../nsc-words.ts'
import { ContextExportForm } from './context-export-form.tsx'
import { ContextImportForm } from './context-import-form.tsx'
import styles from './nsc.module.css'

/** Contexts of the nats CLI: take one over as a connection, or write one. */
export function ContextList() {
  const contexts = useContexts()
  const [taking, setTaking] = useState<NatsContext | null>(null)
  const [writing, setWriting] = useState(false)
  return (
    <SettingGroup
      title="Contexts of the nats CLI"
      aside={
        <Button
          variant="default"
          size="xs"
          leftSection={<IconFileExport size={15} />}
          onClick={() => setWriting(true)}
        >
          Write a context…
        </Button>
      }
    >
      {contexts.isPending && <SettingRow name={<Skeleton height={16} w={200} />} />}
      {contexts.isError && (
        <SettingRow name="" below={<ProblemNotice problem={problemOf(contexts.error)} />} />
      )}
      {contexts.data?.length === 0 && (
        <SettingRow
          name="There are no contexts here"
          help="What nats context add makes appears here and can be taken over as a connection."
        />
      )}
      {contexts.data?.map((context) => (
        <ContextRow key={context.name} context={context} onTake={() => setTaking(context)} />
      ))}
      <Modal
        opened={taking !== null}
        onClose={() => setTaking(null)}
        title="Take over a context"
        size="lg"
      >
        {taking !== null && <ContextImportForm context={taking} onClose={() => setTaking(null)} />}
      </Modal>
      <Modal
        opened={writing}
        onClose={() => setWriting(false)}
        title="Write a context for the nats CLI"
        size="lg"
      >
        <ContextExportForm onClose={() => setWriting(false)} />
      </Modal>
    </SettingGroup>
  )
}

function ContextRow({ context, onTake }: { context: NatsContext; onTake: () => void }) {
  const { name, description, urls, login, tls, selected, problem } = context
  return (
    <SettingRow
      name={
        <span className={styles.tags}>
          <DeviceText text={name} />
          {selected && <Tag>selected</Tag>}
          {tls && <Tag>TLS</Tag>}
        </span>
      }
      help={
        <>
          {description !== '' && (
            <div>
              <bdi>{description}</bdi>
            </div>
          )}
          <DeviceText text={`${LOGIN_WORDS[login]} · ${urls.join(', ')}`} />
          {problem !== null && (
            <div>
              <bdi>
                {problem.message} {problem.advice}
              </bdi>
            </div>
          )}
        </>
      }
    >
      <Button
        variant="default"
        size="xs"
        disabled={problem !== null}
        onClick={onTake}
        aria-label={`Take over ${name}`}
      >
        Take over…
      </Button>
    </SettingRow>
  )
}
