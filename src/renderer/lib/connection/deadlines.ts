/** Longest wait for the answer to a call that is not listed below. */
export const DEFAULT_DEADLINE_MS = 15_000

/** What main may need beyond the time that a device is given to answer. */
const CALL_MARGIN_MS = 5_000

/** A dialog that asks where to save a file stays open as long as the person takes. */
export const SAVE_DEADLINE_MS = 30 * 60_000

// Calls that start servers, stretch keys or ask a device over the network.
const LONGER_DEADLINES_MS: Readonly<Record<string, number>> = {
  'mesh.createLocal': 60_000,
  'mesh.setReach': 60_000,
  'mesh.use': 45_000,
  'mesh.addRemote': 45_000,
  'keychain.unlock': 30_000,
  'keychain.createVault': 30_000,
  'keychain.changePassphrase': 30_000,
  'keychain.startOver': 30_000,
  'keychain.retry': 30_000,
  'commissioning.inspect': 20_000,
  'commissioning.start': 20_000,
  'discovery.addAddress': 20_000,
  // A passphrase is stretched on purpose, and restoring starts a mesh and signs every account anew.
  'recovery.createKit': SAVE_DEADLINE_MS,
  'recovery.backUp': SAVE_DEADLINE_MS,
  'recovery.rehearse': 30_000,
  'recovery.moveOffline': 60_000,
  'recovery.lend': 30_000,
  'recovery.bringBack': 180_000,
  'recovery.restore': 180_000,
  'resolver.look': 60_000,
  'resolver.repair': 60_000,
  'resolver.rollback': 45_000,
  'resolver.addManaged': 45_000,
  'renewal.plan': 60_000,
  'renewal.start': 60_000,
  'tenants.create': 45_000,
  'tenants.createWith': 45_000,
  'tenants.retry': 45_000,
  'tenants.setLimits': 30_000,
  'tenants.addExport': 30_000,
  'tenants.removeExport': 30_000,
  'tenants.addImport': 30_000,
  'tenants.removeImport': 30_000,
  'tenants.setMapping': 30_000,
  'tenants.removeMapping': 30_000,
  'tenants.clear': 120_000,
  'tenants.checkBatch': 30_000,
  'tenants.startBatch': 60_000,
  'tenants.discardBatch': 60_000,
  'doctor.diagnose': 20_000,
  'doctor.reach': 20_000,
  'doctor.login': 60_000,
  'doctor.export': SAVE_DEADLINE_MS,
  'audit.verify': 120_000,
  'audit.export': SAVE_DEADLINE_MS,
  'paths.choose': SAVE_DEADLINE_MS,
  'nsc.scan': 65_000,
  'nsc.export': 60_000,
  // Finding credentials in a folder, opening an address that does not answer, one KDF, a slow stick.
  'bundles.plan': 30_000,
  'bundles.create': 30_000,
  'bundles.open': 60_000,
  'bundles.importConnection': 60_000,
  'bundles.find': 120_000,
  'bundles.wipe': 300_000,
  'bundles.printReceipt': SAVE_DEADLINE_MS,
  'bundles.saveCopy': SAVE_DEADLINE_MS,
  'isolation.sign': 30_000,
  'isolation.exportReport': SAVE_DEADLINE_MS,
}

/** Milliseconds that a call may take until its answer (for a stream: until it begins). */
export function deadlineOf(path: readonly string[], input: unknown): number {
  const name = path.join('.')
  if (name === 'rpc.call' && hasTimeout(input)) return input.timeoutMs + CALL_MARGIN_MS
  return LONGER_DEADLINES_MS[name] ?? DEFAULT_DEADLINE_MS
}

function hasTimeout(input: unknown): input is { timeoutMs: number } {
  return (
    typeof input === 'object' &&
    input !== null &&
    'timeoutMs' in input &&
    typeof input.timeoutMs === 'number'
  )
}
