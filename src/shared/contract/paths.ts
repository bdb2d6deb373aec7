import { procedure, z } from './common.ts'

/** What a path is to lead to. */
export const PathKind = z.enum(['folder', 'file'])
export type PathKind = z.infer<typeof PathKind>

const TypedPath = z.string().max(4_096)

/** Folders that go on from what was typed. Names only, never what is in a file. */
export const PathCompletion = z.strictObject({
  folders: z.array(
    z.strictObject({
      name: z.string(),
      /** The whole path, with the separator behind it, so that typing goes on inside. */
      path: z.string(),
    }),
  ),
  /** There are more that fit. */
  cut: z.boolean(),
})
export type PathCompletion = z.infer<typeof PathCompletion>

export const paths = {
  /** Whether the host can ask with a dialog of the system. */
  ways: procedure.output(z.strictObject({ dialog: z.boolean() })),
  /** Nothing where the path leads nowhere yet: one may type what is to be made. */
  complete: procedure.input(z.strictObject({ typed: TypedPath })).output(PathCompletion),
  /** Opens the system's dialog; null where the person changed their mind. */
  choose: procedure
    .input(z.strictObject({ kind: PathKind, startAt: TypedPath }))
    .output(z.strictObject({ path: z.string().nullable() })),
}
