import { app } from './app.ts'
import { audit } from './audit.ts'
import { bundles } from './bundles.ts'
import { commissioning } from './commissioning.ts'
import { credentials } from './credentials.ts'
import { discovery } from './discovery.ts'
import { doctor } from './doctor.ts'
import { enrollment } from './enrollment.ts'
import { events } from './events.ts'
import { fleet } from './fleet.ts'
import { health } from './health.ts'
import { isolation } from './isolation.ts'
import { keychain } from './keychain.ts'
import { keys } from './keys.ts'
import { mesh } from './mesh.ts'
import { nsc } from './nsc.ts'
import { paths } from './paths.ts'
import { queue } from './queue.ts'
import { recovery } from './recovery.ts'
import { registryStore } from './registry-store.ts'
import { renewal } from './renewal.ts'
import { resolver } from './resolver.ts'
import { rpc } from './rpc.ts'
import { settings } from './settings.ts'
import { tenants } from './tenants.ts'

/** Every call that crosses from the renderer to main, in one object (decision 0001). */
export const contract = {
  app,
  audit,
  bundles,
  commissioning,
  credentials,
  discovery,
  doctor,
  enrollment,
  events,
  fleet,
  health,
  isolation,
  keychain,
  keys,
  mesh,
  nsc,
  paths,
  queue,
  recovery,
  registryStore,
  renewal,
  resolver,
  rpc,
  settings,
  tenants,
}
export type Contract = typeof contract
