import { Tabs, type TabsProps } from '@mantine/core'
import styles from './panel-tabs.module.css'

const CLASSES = {
  root: styles.tabs ?? '',
  list: styles.list ?? '',
  panel: styles.panel ?? '',
}

/** Tabs that fill a panel, each of which scrolls by itself. */
export function PanelTabs(props: TabsProps) {
  return <Tabs classNames={CLASSES} {...props} />
}
