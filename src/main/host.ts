import type { DragFile, SaveFile } from './files/saved-file.ts'
import type { ChoosePath } from './paths/path-service.ts'
import type { SidecarProcess } from './registry/sidecar-process.ts'

/** What differs between the two hosts, as far as the app has to know. */
export interface AppHost {
  readonly kind: 'electron' | 'browser'
  readonly version: string
  /** Installed from a package: secrets in memory only are refused then. */
  readonly packaged: boolean
  /** Where a package brings `nats-server` along; null where nothing is packaged. */
  readonly resourcesFolder: string | null
  /** Starts the registry as a process of its own. */
  spawnRegistry(): SidecarProcess
  /** Gives a file to the person. */
  readonly saveFile: SaveFile
  /** Drags a file out of the window; null where there is no desktop to drag it on. */
  readonly dragFile: DragFile | null
  /** Asks the person for a folder or file; null where there is no desktop to ask on. */
  readonly choosePath: ChoosePath | null
}
