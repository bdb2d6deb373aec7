import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where one person's Muster keeps what it knows. */
export interface Profile {
  readonly folder: string
  readonly logFolder: string
  /** The profile's main database. */
  readonly databasePath: string
}

/** The profile in a folder of choice, with its logs inside. */
export function profileAt(folder: string): Profile {
  const root = resolve(folder)
  return { folder: root, logFolder: join(root, 'logs'), databasePath: join(root, 'muster.db') }
}

/** The person's own profile, in the folders that each OS has for data and for logs. */
export function defaultProfile(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): Profile {
  const { data, logs } = foldersOf(platform, environment, home)
  return { folder: data, logFolder: logs, databasePath: join(data, 'muster.db') }
}

function foldersOf(platform: NodeJS.Platform, environment: NodeJS.ProcessEnv, home: string) {
  if (platform === 'darwin') {
    return {
      data: join(home, 'Library', 'Application Support', 'Muster'),
      logs: join(home, 'Library', 'Logs', 'Muster'),
    }
  }
  if (platform === 'win32') {
    return {
      data: join(environment['APPDATA'] ?? join(home, 'AppData', 'Roaming'), 'Muster'),
      logs: join(environment['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'Muster', 'Logs'),
    }
  }
  return {
    data: join(environment['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'muster'),
    logs: join(environment['XDG_STATE_HOME'] ?? join(home, '.local', 'state'), 'muster', 'log'),
  }
}
