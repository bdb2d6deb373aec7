import { useState } from 'react'
import { Button } from '@mantine/core'
import { LocalMeshForm } from '../../features/mesh/components/local-mesh-form.tsx'
import { NscImport } from '../../features/nsc/components/nsc-import.tsx'
import { useNscImport } from '../../lib/live/nsc.ts'
import { useTenants } from '../../lib/live/tenants.ts'
import { StepPage } from './step-page.tsx'

interface StoreStepProps {
  readonly onBack: () => void
  readonly onDone: () => void
}

/** A store first, then where its servers are. */
export function StoreStep({ onBack, onDone }: StoreStepProps) {
  const [imported, setImported] = useState(false)
  const store = useNscImport()
  const tenants = useTenants()
  if (!imported || store === null) {
    return (
      <StepPage
        step={3}
        title="Bring in a store of nsc"
        text="Muster shows what is in it and what will happen before it takes anything over. Devices keep their credentials."
        wide
        {...(store?.state === 'running' ? {} : { onBack })}
      >
        <NscImport next={<Button onClick={() => setImported(true)}>Go on</Button>} />
      </StepPage>
    )
  }
  const tenant = tenants?.find(({ account }) => account !== null)?.name ?? null
  return (
    <StepPage
      step={3}
      title="Run the mesh on this computer"
      text="Muster runs a server for the operator that was brought in; devices with its credentials are let in."
    >
      <LocalMeshForm
        onBack={() => setImported(false)}
        onDone={onDone}
        present={{ dialect: store.dialect, tenant }}
      />
    </StepPage>
  )
}
