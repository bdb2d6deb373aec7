import { mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pino from 'pino'
import { messageOf, MusterError } from '#shared/errors.ts'
import { redact } from './redact.ts'

/** A log at this size is set aside as `NAME.1.log` when the next process starts. */
const ROTATE_AT_BYTES = 10 * 1024 * 1024

/** Facts of a log line. Errors are passed as `error`; secrets are never passed at all. */
export type LogFields = Readonly<Record<string, unknown>>

/** The narrow logger that services take. */
export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines name a part of the app. */
  part(name: string): Logger
}

/** A logger that writes JSON lines to `folder/NAME.log`, redacted. */
export function openFileLogger(folder: string, name: string): Logger {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.log`)
  rotate(path, join(folder, `${name}.1.log`))
  return wrap(pino(OPTIONS, redactingTo(pino.destination({ dest: path, sync: true, mode: 0o600 }))))
}

/** A logger that writes JSON lines to standard error, redacted: until a file is named. */
export function openStderrLogger(): Logger {
  return openDescriptorLogger(2)
}

/** A logger that writes JSON lines to standard output, redacted: for the standalone registry. */
export function openStdoutLogger(): Logger {
  return openDescriptorLogger(1)
}

function openDescriptorLogger(dest: number): Logger {
  return wrap(pino(OPTIONS, redactingTo(pino.destination({ dest, sync: true }))))
}

/** A logger that keeps nothing, for tests. */
export function silentLogger(): Logger {
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
    part: () => logger,
  }
  return logger
}

const OPTIONS: pino.LoggerOptions = {
  level: 'debug',
  base: null,
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
}

function redactingTo(destination: { write(line: string): unknown }): pino.DestinationStream {
  return { write: (line) => void destination.write(redact(line)) }
}

function wrap(log: pino.Logger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}) =>
      log[level](describeErrors(fields), message)
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    part: (part) => wrap(log.child({ part })),
  }
}

function describeErrors(fields: LogFields): LogFields {
  if (!(fields['error'] instanceof Error)) return fields
  return { ...fields, error: describeError(fields['error']) }
}

function describeError(error: Error): LogFields {
  return {
    ...(error instanceof MusterError ? { code: error.code, details: error.details } : {}),
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: messageOf(error.cause) }),
  }
}

function rotate(path: string, aside: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size >= ROTATE_AT_BYTES) renameSync(path, aside)
}
