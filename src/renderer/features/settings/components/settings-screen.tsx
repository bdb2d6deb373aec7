import type { ReactNode } from 'react'
import { Skeleton } from '@mantine/core'
import { problemOf } from '../../../lib/problem.ts'
import { ProblemNotice } from '../../../ui/notice.tsx'
import { PageHeader } from '../../../ui/page.tsx'
import { useSettings } from '../api/get-settings.ts'
import { useUpdateSettings } from '../api/update-settings.ts'
import { AboutGroup } from './about-group.tsx'
import { AppearanceGroup } from './appearance-group.tsx'
import { CommissioningGroup } from './commissioning-group.tsx'
import { ServerGroup } from './server-group.tsx'
import styles from './settings-screen.module.css'

interface SettingsScreenProps {
  /** Settings of the mesh and the keychain, which are features of their own. */
  readonly children: ReactNode
}

/** What can be set, by subject. */
export function SettingsScreen({ children }: SettingsScreenProps) {
  const settings = useSettings()
  const update = useUpdateSettings()
  return (
    <div className={styles.scroll}>
      <div className={styles.page}>
        <PageHeader title="Settings" />
        <div className={styles.groups}>
          {settings.isError && <ProblemNotice problem={problemOf(settings.error)} />}
          {update.isError && (
            <ProblemNotice problem={problemOf(update.error)} onClose={update.reset} />
          )}
          {settings.isPending && <Skeleton height={120} radius="md" />}
          {settings.data !== undefined && (
            <>
              <AppearanceGroup settings={settings.data} onChange={update.mutate} />
              <CommissioningGroup settings={settings.data} onChange={update.mutate} />
            </>
          )}
          {children}
          {settings.data !== undefined && (
            <ServerGroup settings={settings.data} onChange={update.mutate} />
          )}
          <AboutGroup />
        </div>
      </div>
    </div>
  )
}
