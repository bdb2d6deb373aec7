import { messageOf, MusterError } from '#shared/errors.ts'
import { openStderrLogger } from '../log/logger.ts'
import { parentChannel } from './parent-channel.ts'
import { runSidecar } from './sidecar-run.ts'
import { standaloneConfig } from './standalone-config.ts'
import { SupervisedSidecar } from './supervised-sidecar.ts'

/**
 * Entry of the registry process: under a parent (`child_process.fork`, Electron's
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
  const logger = openStderrLogger()
  try {
    const config = await standaloneConfig(process.env)
    const run = await runSidecar({
      config,
      logger,
      onConnection: ({ state, error }) => logger.info('connection', { state, error }),
    })
    const stop = () => void run.close()
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
    await run.ended
  } catch (error) {
    const advice = error instanceof MusterError ? error.advice : undefined
    logger.error(messageOf(error), { advice, error })
    process.exitCode = 1
  }
}
