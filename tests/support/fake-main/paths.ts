import type { PathCalls } from '../../../src/main/router/paths.ts'
import type { Scenario } from './state.ts'

const FOLDERS = ['Documents', 'Downloads', 'greenhouse', 'nsc-export', 'security_infra', 'stores']

/** A home folder with a few folders; the scenario `full` has a dialog, as the desktop app does. */
export function fakePaths(scenario: Scenario): PathCalls {
  return {
    ways: () => ({ dialog: scenario === 'full' }),
    complete: async (typed) => {
      const [, begin] = /^(?:~|\/home\/kim)\/([^/]*)$/u.exec(typed) ?? []
      const folders = begin === undefined ? [] : FOLDERS.filter((name) => name.startsWith(begin))
      return {
        folders: folders.map((name) => ({ name, path: `/home/kim/${name}/` })),
        cut: false,
      }
    },
    choose: async () => ({ path: '/home/kim/security_infra/.nsc' }),
  }
}
