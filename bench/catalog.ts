import { AUTHORITY_BENCHMARKS } from './authority.ts'
import type { Benchmark } from './benchmark.ts'
import { BUNDLE_BENCHMARKS } from './bundle.ts'
import { COMMISSIONING_BENCHMARKS } from './commissioning.ts'
import { DISCOVERY_BENCHMARKS } from './discovery.ts'
import { ISOLATION_BENCHMARKS } from './isolation.ts'
import { LEDGER_BENCHMARKS } from './ledger.ts'
import { REGISTRY_BENCHMARKS } from './registry.ts'
import { RENEWAL_BENCHMARKS } from './renewal.ts'
import { REVOCATION_BENCHMARKS } from './revocation.ts'
import { RPC_BENCHMARKS } from './rpc.ts'
import { STARTUP_BENCHMARKS } from './startup.ts'

/** Every benchmark, in the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  ...STARTUP_BENCHMARKS,
  ...DISCOVERY_BENCHMARKS,
  ...COMMISSIONING_BENCHMARKS,
  ...RPC_BENCHMARKS,
  ...AUTHORITY_BENCHMARKS,
  ...LEDGER_BENCHMARKS,
  ...REVOCATION_BENCHMARKS,
  ...RENEWAL_BENCHMARKS,
  ...ISOLATION_BENCHMARKS,
  ...BUNDLE_BENCHMARKS,
  ...REGISTRY_BENCHMARKS,
]
