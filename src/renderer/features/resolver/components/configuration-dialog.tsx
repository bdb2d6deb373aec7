import { Button, Modal, Skeleton } from '@mantine/core'
import type { ManagedMesh } from '#shared/contract/resolver.ts'
import { problemOf } from '../../../lib/problem.ts'
import { CopyTextButton } from '../../../ui/copy-button.tsx'
import { Notice, ProblemNotice } from '../../../ui/notice.tsx'
import { useConfiguration } from '../api/use-configuration.ts'
import { useTakeUp } from '../api/use-take-up.ts'
import { useWriteConfiguration } from '../api/use-write-configuration.ts'
import styles from './resolver.module.css'

interface ConfigurationDialogProps {
  readonly mesh: ManagedMesh | null
  readonly onClose: () => void
}

/** What the servers of a managed mesh have to be told, to copy or to write; and the way to use it. */
export function ConfigurationDialog({ mesh, onClose }: ConfigurationDialogProps) {
  return (
    <Modal
      opened={mesh !== null}
      onClose={onClose}
      size="xl"
      title={
        <>
          Server configuration of <bdi>{mesh?.name}</bdi>
        </>
      }
    >
      {mesh !== null && <Configuration key={mesh.id} mesh={mesh} onClose={onClose} />}
    </Modal>
  )
}

function Configuration({ mesh, onClose }: { mesh: ManagedMesh; onClose: () => void }) {
  const configuration = useConfiguration(mesh.id)
  const write = useWriteConfiguration()
  const takeUp = useTakeUp()
  return (
    <div className={styles.form}>
      <p style={{ margin: 0 }}>
        {mesh.configPath === null ? (
          <>
            Put this at the beginning of the configuration of every server, and keep what else
            stands there: ports, cluster, TLS, JetStream. Then start or reload the servers.
          </>
        ) : (
          <>
            Muster writes this at the beginning of <bdi className="m-mono">{mesh.configPath}</bdi>{' '}
            and keeps what stands below.
          </>
        )}
      </p>
      {mesh.accountsUrl !== null && (
        <Notice tone="info">
          The registry serves the accounts at <bdi className="m-mono">{mesh.accountsUrl}</bdi>. It
          has to run before the servers start: use the mesh first, or run the registry elsewhere.
        </Notice>
      )}
      {configuration.isPending && <Skeleton height={180} radius="md" />}
      {configuration.isError && <ProblemNotice problem={problemOf(configuration.error)} />}
      {configuration.data !== undefined && (
        <>
          <div className={styles.buttons}>
            <CopyTextButton text={configuration.data.text} label="Copy the configuration" />
          </div>
          <section className={styles.configuration} aria-label="Server configuration">
            {configuration.data.text}
          </section>
        </>
      )}
      {write.isError && <ProblemNotice problem={problemOf(write.error)} onClose={write.reset} />}
      {write.isSuccess && (
        <Notice tone="ok" title="Written">
          Start or reload the server now.
        </Notice>
      )}
      {takeUp.isError && <ProblemNotice problem={problemOf(takeUp.error)} />}
      <div className={styles.buttons}>
        {mesh.configPath !== null && (
          <Button
            variant="default"
            loading={write.isPending}
            onClick={() => write.mutate({ id: mesh.id })}
          >
            Write it again
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        {!mesh.active && (
          <Button
            loading={takeUp.isPending}
            onClick={() => takeUp.mutate({ id: mesh.id }, { onSuccess: onClose })}
          >
            Use this mesh
          </Button>
        )}
      </div>
    </div>
  )
}
