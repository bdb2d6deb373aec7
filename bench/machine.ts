import { spawnSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'

/** Where the figures were taken. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  /** Undefined where there is none on the PATH. */
  readonly natsServer: string | undefined
  readonly etcd: string | undefined
  /** Processes that wanted to run, as an average of the last minute. */
  readonly load: number
}

export function thisMachine(): Machine {
  const cores = cpus()
  const [load = 0] = loadavg()
  const versionOf = (program: string) => {
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
    return /v?(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1]
  }
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown CPU',
    cores: cores.length,
    node: process.versions.node,
    natsServer: versionOf('nats-server'),
    etcd: versionOf('etcd'),
    load,
  }
}

/** One line for the head of the table, and a second one where the machine is not idle. */
export function describeMachine({ cpu, cores, node, natsServer, etcd, load }: Machine): string[] {
  const server = natsServer === undefined ? 'no nats-server' : `nats-server ${natsServer}`
  const store = etcd === undefined ? 'no etcd' : `etcd ${etcd}`
  const line = `${cpu}, ${cores} cores, Node ${node}, ${server}, ${store}, load ${load.toFixed(1)}`
  const busy = `WARNING: others use this machine (load ${load.toFixed(1)} on ${cores} cores). The figures say little and the ratios are rough.`
  return load > cores ? [line, busy] : [line]
}
