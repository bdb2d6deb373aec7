import type { z } from 'zod'
import { drivesUnknown } from './drive-errors.ts'
import type { ToolRun } from './run-tool.ts'

/** What a tool printed as JSON. @throws TransientError `DRIVES_UNKNOWN` where it failed or printed something else. */
export function jsonOf<Schema extends z.ZodType>(
  tool: string,
  { code, missing, output, complaint }: ToolRun,
  schema: Schema,
): z.infer<Schema> {
  if (code !== 0) throw drivesUnknown(tool, missing ? 'is not installed.' : complaint)
  const parsed = schema.safeParse(parsedOrUndefined(output))
  if (!parsed.success) throw drivesUnknown(tool, 'answered something else than was asked.')
  return parsed.data
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
