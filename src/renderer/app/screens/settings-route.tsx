import { KeychainSettings } from '../../features/keychain/components/keychain-settings.tsx'
import { MeshSettings } from '../../features/mesh/components/mesh-settings.tsx'
import { RegistrySettings } from '../../features/registry-store/components/registry-settings.tsx'
import { ManagedSettings } from '../../features/resolver/components/managed-settings.tsx'
import { SettingsScreen } from '../../features/settings/components/settings-screen.tsx'
import { useKeychain } from '../../lib/live/keychain.ts'
import { useMesh } from '../../lib/live/mesh.ts'

export function SettingsRoute() {
  const mesh = useMesh()
  const keychain = useKeychain()
  return (
    <SettingsScreen>
      {mesh !== undefined && <MeshSettings mesh={mesh} />}
      {mesh?.kind === 'local' && <RegistrySettings />}
      <ManagedSettings />
      {keychain !== undefined && <KeychainSettings status={keychain} />}
    </SettingsScreen>
  )
}
