import { useState } from 'react'
import { Button } from '@mantine/core'
import { IconDeviceLaptop, IconServerCog } from '@tabler/icons-react'
import type { ManagedMesh } from '#shared/contract/resolver.ts'
import { useUseMesh } from '../../features/mesh/api/use-mesh.ts'
import { LocalMeshForm } from '../../features/mesh/components/local-mesh-form.tsx'
import { NscImport } from '../../features/nsc/components/nsc-import.tsx'
import { ConfigurationDialog } from '../../features/resolver/components/configuration-dialog.tsx'
import { ManagedMeshForm } from '../../features/resolver/components/managed-mesh-form.tsx'
import { useNscImport } from '../../lib/live/nsc.ts'
import { useTenants } from '../../lib/live/tenants.ts'
import { problemOf } from '../../lib/problem.ts'
import { ChoiceCards } from '../../ui/choice-cards.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import styles from './first-run.module.css'
import { StepPage } from './step-page.tsx'

interface StoreStepProps {
  readonly onBack: () => void
  readonly onDone: () => void
}

type Phase = 'store' | 'where' | 'local' | 'managed'

/** A store first, then where its servers are. */
export function StoreStep({ onBack, onDone }: StoreStepProps) {
  const [phase, setPhase] = useState<Phase>('store')
  const store = useNscImport()
  const tenants = useTenants()
  if (phase === 'store' || store === null) {
    return (
      <StepPage
        step={3}
        title="Bring in a store of nsc"
        text="Muster shows what is in it and what will happen before it takes anything over. Devices keep their credentials."
        wide
        {...(store?.state === 'running' ? {} : { onBack })}
      >
        <NscImport next={<Button onClick={() => setPhase('where')}>Go on</Button>} />
      </StepPage>
    )
  }
  const tenant = tenants?.find(({ account }) => account !== null)?.name ?? null
  if (phase === 'where') {
    return (
      <StepPage
        step={3}
        title="Where do the servers run?"
        text="Keys, tenants and credentials are in this profile now."
        onBack={() => setPhase('store')}
      >
        <WhereStep onChoose={setPhase} />
      </StepPage>
    )
  }
  const present = { dialect: store.dialect, tenant }
  if (phase === 'local') {
    return (
      <StepPage
        step={3}
        title="Run the mesh on this computer"
        text="Muster runs a server for the operator that was brought in; devices with its credentials are let in."
      >
        <LocalMeshForm onBack={() => setPhase('where')} onDone={onDone} present={present} />
      </StepPage>
    )
  }
  return (
    <StepPage
      step={3}
      title="Manage the servers that run already"
      text="They trust the operator that was brought in. Where one is run with a configuration that nsc generated, what Muster shows takes the place of that part."
    >
      <ServersStep
        initial={{ dialect: store.dialect, ...(tenant === null ? {} : { tenant }) }}
        onBack={() => setPhase('where')}
        onDone={onDone}
      />
    </StepPage>
  )
}

function WhereStep({ onChoose }: { onChoose: (phase: 'local' | 'managed') => void }) {
  const [way, setWay] = useState<'local' | 'managed' | null>(null)
  return (
    <div className={styles.where}>
      <ChoiceCards
        label="Servers"
        value={way}
        onChange={setWay}
        choices={[
          {
            value: 'managed',
            icon: IconServerCog,
            title: 'Elsewhere, and they run already',
            text: 'Devices keep addresses and credentials. Muster takes care of the accounts there.',
          },
          {
            value: 'local',
            icon: IconDeviceLaptop,
            title: 'On this computer',
            text: 'Muster runs a server. Devices need its address.',
          },
        ]}
      />
      <div className={styles.end}>
        <Button size="md" disabled={way === null} onClick={() => way !== null && onChoose(way)}>
          Go on
        </Button>
      </div>
    </div>
  )
}

interface ServersStepProps {
  readonly initial: Parameters<typeof ManagedMeshForm>[0]['initial']
  readonly onBack: () => void
  readonly onDone: () => void
}

function ServersStep({ initial, onBack, onDone }: ServersStepProps) {
  const [added, setAdded] = useState<ManagedMesh | null>(null)
  const use = useUseMesh()
  const connect = ({ id }: ManagedMesh) => use.mutate({ id }, { onSuccess: onDone })
  return (
    <>
      {added === null ? (
        <ManagedMeshForm
          onCancel={onBack}
          onAdded={setAdded}
          {...(initial === undefined ? {} : { initial })}
        />
      ) : (
        <div className={styles.end}>
          <Button size="md" loading={use.isPending} onClick={() => connect(added)}>
            Connect
          </Button>
        </div>
      )}
      {use.isError && <ProblemNotice problem={problemOf(use.error)} />}
      <ConfigurationDialog mesh={added} onClose={() => added !== null && connect(added)} />
    </>
  )
}
