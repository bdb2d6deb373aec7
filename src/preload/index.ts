import { ipcRenderer } from 'electron'

// Hands a MessagePort from main over to the page, and nothing else. Everything that the page may
// ask of main goes through that port, by the contract. The page asks when it listens, and again
// when a port died.
const CONNECT_CHANNEL = 'muster:connect'

ipcRenderer.on(CONNECT_CHANNEL, (event) => {
  window.postMessage({ type: 'muster:port' }, window.location.origin, event.ports)
})

window.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.source !== window || typeof event.data !== 'object' || event.data === null) return
  if ('type' in event.data && event.data.type === 'muster:port-wanted')
    ipcRenderer.send(CONNECT_CHANNEL)
})
