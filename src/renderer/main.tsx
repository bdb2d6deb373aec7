import './lib/zod-config.ts'
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/jetbrains-mono/wght.css'
import '@mantine/core/styles.layer.css'
import '@mantine/notifications/styles.layer.css'
import '@mantine/spotlight/styles.layer.css'
import './ui/theme.css'
import { createRoot } from 'react-dom/client'
import { App } from './app/app.tsx'
import { createApi } from './lib/connection/client.ts'
import { Connection } from './lib/connection/connection.ts'
import { portTransport } from './lib/connection/port-transport.ts'
import { followLaterLinks, takeToken } from './lib/connection/session.ts'
import { webSocketTransport } from './lib/connection/websocket-transport.ts'

const isElectron = location.protocol === 'app:'
const connection = new Connection(
  isElectron ? portTransport(window) : webSocketTransport(takeToken(location, history)),
)
if (!isElectron) followLaterLinks(window)

const root = document.querySelector('#root')
if (root !== null) createRoot(root).render(<App api={createApi(connection)} />)
