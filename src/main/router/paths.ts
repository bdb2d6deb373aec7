import type { PathCompletion, PathKind } from '#shared/contract/paths.ts'
import type { ContractImplementer } from './implementer.ts'
import { NEVER } from '#shared/never.ts'

/** What the window asks while a person names a folder or file. */
export interface PathCalls {
  ways(): { dialog: boolean }
  complete(typed: string, signal: AbortSignal): Promise<PathCompletion>
  choose(order: { kind: PathKind; startAt: string }): Promise<{ path: string | null }>
}

export function pathsRouter(os: ContractImplementer['paths'], paths: PathCalls) {
  return {
    ways: os.ways.handler(() => paths.ways()),
    complete: os.complete.handler(({ input, signal }) =>
      paths.complete(input.typed, signal ?? NEVER),
    ),
    choose: os.choose.handler(({ input }) => paths.choose(input)),
  }
}
