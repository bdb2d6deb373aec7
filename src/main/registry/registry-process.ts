import { messageOf, MusterError, TransientError } from '#shared/errors.ts'
import { openStdoutLogger, type Logger } from '../log/logger.ts'
import { parentChannel } from './parent-channel.ts'
import { runSidecar, type SidecarRun } from './sidecar-run.ts'
import { standaloneConfig } from './standalone-config.ts'
import { SupervisedSidecar } from './supervised-sidecar.ts'

/** How long a registry that has stopped lingers at most. */
const LINGER_MS = 1000

/**
 * The registry process: under a parent (`child_process.fork`, Electron's
 * `utilityProcess`) it waits to be told what to do; alone it takes its configuration from the
 * environment (protocol.md, "Environment of a standalone registry").
 */
const parent = parentChannel()
if (parent === undefined) {
  await runAlone()
} else {
  const sidecar = new SupervisedSidecar(parent, (code) => process.exit(code))
  // Ctrl-C in a terminal reaches the whole group; the parent decides when we go.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => void sidecar.stop(0))
  process.on('uncaughtException', (error) => sidecar.fail(error))
}

async function runAlone(): Promise<void> {
  const logger = openStdoutLogger()
  try {
    const config = await standaloneConfig(process.env)
    const run = await runSidecar({
      config,
      logger,
      onConnection: ({ state, error }) => logger.info('connection', { state, error }),
    })
    const stopped = stopOnSignal(run, logger)
    await Promise.race([run.ended, stopped.begun])
    if (stopped.isBegun()) {
      await stopped.done
      logger.info('the registry has stopped')
      return
    }
    await run.close()
    throw new TransientError({
      code: 'REGISTRY_CUT_OFF',
      message: 'The connection to NATS was closed for good, so the registry ends.',
      advice: 'Start it again; where its credentials were revoked, give it others.',
    })
  } catch (error) {
    const advice = error instanceof MusterError ? error.advice : undefined
    logger.error(messageOf(error), { advice, error })
    process.exitCode = 1
  }
  // It ends by itself, unless etcd owes it an answer that it does not wait for any more.
  setTimeout(() => process.exit(), LINGER_MS).unref()
}

/** The first signal lets the registry finish what it has; the second does not wait for that. */
function stopOnSignal(run: SidecarRun, logger: Logger) {
  const begun = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  let isBegun = false
  const stop = (signal: NodeJS.Signals) => {
    if (isBegun) {
      logger.warn('a second signal: the registry ends at once', { signal })
      process.exit(1)
    }
    isBegun = true
    logger.info('the registry answers what came, saves what is pending, and stops', { signal })
    run.close().then(done.resolve, done.reject)
    begun.resolve()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return { begun: begun.promise, done: done.promise, isBegun: () => isBegun }
}
