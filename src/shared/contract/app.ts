import { procedure, z } from './common.ts'

export const AppInfo = z.strictObject({
  version: z.string(),
  host: z.enum(['electron', 'browser']),
  /** Platform as Node names it: linux, darwin, win32. */
  platform: z.string(),
  profileFolder: z.string(),
  logFolder: z.string(),
  /** Secrets live in memory only and are gone at exit; the window says so. */
  demo: z.boolean(),
})
export type AppInfo = z.infer<typeof AppInfo>

export const app = {
  info: procedure.output(AppInfo),
}
