import type { MenuItemConstructorOptions } from 'electron'

/** The application menu: what each OS expects, and nothing that reloads or navigates when packaged. */
export function menuTemplate(
  platform: NodeJS.Platform,
  packaged: boolean,
): MenuItemConstructorOptions[] {
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
    ...(packaged ? [] : ([{ type: 'separator' }, { role: 'toggleDevTools' }] as const)),
  ]
  return [
    ...(platform === 'darwin'
      ? ([{ role: 'appMenu' }] as const)
      : ([{ role: 'fileMenu' }] as const)),
    { role: 'editMenu' },
    { label: 'View', submenu: view },
    { role: 'windowMenu' },
  ]
}
