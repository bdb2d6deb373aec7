import { useEffect, useState } from 'react'
import { useNavigate } from '@tanstack/react-router'
import type { KeychainStatus } from '#shared/contract/keychain.ts'
import type { MeshState } from '#shared/contract/mesh.ts'
import { KeychainStep, keychainHeading } from '../../features/keychain/components/keychain-step.tsx'
import { LocalMeshForm } from '../../features/mesh/components/local-mesh-form.tsx'
import { RestoreForm } from '../../features/recovery/components/restore-form.tsx'
import { RemoteMeshForm } from '../../features/mesh/components/remote-mesh-form.tsx'
import { useUiState } from '../ui-state.ts'
import { DoneStep } from './done-step.tsx'
import { StepPage } from './step-page.tsx'
import { StoreStep } from './store-step.tsx'
import { WelcomeStep, type Way } from './welcome-step.tsx'

interface FirstRunProps {
  readonly keychain: KeychainStatus
  readonly mesh: MeshState
}

/** From a bare profile to a mesh: choose a way, open the keychain, set the mesh up. */
export function FirstRun({ keychain, mesh }: FirstRunProps) {
  const [way, setWay] = useState<Way | null>(null)
  const [done, setDone] = useState(false)
  const setOpen = useUiState((state) => state.setFirstRunOpen)
  const navigate = useNavigate()
  // The mesh appears before the person has read the last step.
  useEffect(() => setOpen(true), [setOpen])

  const back = () => setWay(null)
  const leave = () => {
    setOpen(false)
    void navigate({ to: '/commission' })
  }
  if (done || (mesh.kind !== 'none' && way === null)) {
    return (
      <StepPage step={4} title="Ready" text={readyText(mesh)}>
        <DoneStep mesh={mesh} onLeave={leave} />
      </StepPage>
    )
  }
  if (way === null) {
    return (
      <StepPage
        step={1}
        title="Welcome to Muster"
        text="Muster commissions devices on this network and runs the fleet they join. Devices meet in a mesh: a NATS server with a key for each device."
      >
        <WelcomeStep onChoose={setWay} onDone={() => setDone(true)} />
      </StepPage>
    )
  }
  if (keychain.state !== 'open') {
    const { title, text } = keychainHeading(keychain)
    return (
      <StepPage step={2} title={title} text={text} onBack={back}>
        <KeychainStep status={keychain} />
      </StepPage>
    )
  }
  if (way === 'restore') {
    return (
      <StepPage
        step={3}
        title="Restore from a recovery kit"
        text="Keys and everything that they were used for come to this computer. Devices go on with the credentials that they have."
      >
        <RestoreForm onBack={back} onDone={() => setDone(true)} />
      </StepPage>
    )
  }
  if (way === 'store') return <StoreStep onBack={back} onDone={() => setDone(true)} />
  return way === 'local' ? (
    <StepPage
      step={3}
      title="Create a mesh on this computer"
      text="Muster makes the keys and runs the server; there is nothing else to install or configure."
    >
      <LocalMeshForm onBack={back} onDone={() => setDone(true)} />
    </StepPage>
  ) : (
    <StepPage
      step={3}
      title="Connect to a mesh"
      text="Whoever runs the mesh gives you its addresses and a credentials file."
    >
      <RemoteMeshForm onBack={back} onDone={() => setDone(true)} />
    </StepPage>
  )
}

function readyText(mesh: MeshState): string {
  if (mesh.kind === 'remote') return 'Muster is connected and shows the fleet of this mesh.'
  return 'The mesh runs and takes devices.'
}
