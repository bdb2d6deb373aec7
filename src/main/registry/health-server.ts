import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../log/logger.ts'
import { METRICS_TYPE } from './metrics-text.ts'
import { PatientServer, type ListenAddress } from './patient-server.ts'

export interface HealthServerOptions extends ListenAddress {
  readonly logger: Logger
  /** Why it does not serve, as one sentence; undefined while it does. */
  problem(): string | undefined
  /** In the text format of Prometheus. */
  metrics(): string
}

/**
 * `GET /healthz`: 204 while the registry serves, else 503 with the reason. `GET /metrics`: what it
 * counted. Neither tells anything of a single device.
 */
export class HealthServer {
  readonly #options: HealthServerOptions
  readonly #server: PatientServer

  constructor(options: HealthServerOptions) {
    this.#options = options
    const { host, port, logger } = options
    this.#server = new PatientServer({
      host,
      port,
      logger,
      what: 'health and metrics',
      answer: (path, request, response) => this.#answer(path, request, response),
    })
  }

  listening(): Promise<void> {
    return this.#server.listening()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #answer(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (text: string) => (request.method === 'GET' ? text : undefined)
    if (path === '/healthz') {
      const problem = this.#options.problem()
      if (problem === undefined) response.writeHead(204).end()
      else {
        response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' })
        response.end(body(`${problem}\n`))
      }
    } else if (path === '/metrics') {
      response.writeHead(200, { 'content-type': METRICS_TYPE, 'cache-control': 'no-store' })
      response.end(body(this.#options.metrics()))
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(body('not found\n'))
    }
    return Promise.resolve()
  }
}
