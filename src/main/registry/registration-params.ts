import { z } from 'zod'
import { isSafeToken } from '#shared/protocol/names.ts'
import { readTextValues } from './text-values.ts'

/**
 * The params of `registerDevice` (protocol.md, "Registration"). Loose at every level: fields that
 * the page does not list are kept. Only the check is used, never zod's copy. What the reference
 * registry lets pass is let pass: `description`, `functions` and `events` may be left out, numbers
 * may lie outside their range or come as text, and names may be empty.
 */
const text = z.string().nullish()
const labels = z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullish()
const tags = z.array(z.string()).nullish()
const named = { name: z.string(), description: text, labels, tags }

const RegistrationParams = z.looseObject({
  device_id: z.string().refine(isSafeToken, 'is not usable as a subject token'),
  device_ttl: z.int().positive(),
  capabilities: z.looseObject({
    description: text,
    functions: z.array(z.looseObject(named)).optional(),
    events: z.array(z.looseObject(named)).optional(),
    labels,
  }),
  identity: z.looseObject({
    device_type: text,
    manufacturer: text,
    model: text,
    serial_number: text,
    firmware_version: text,
    arch: text,
    description: text,
    commissioning_comment: text,
  }),
  status: z.looseObject({
    ts: z.string(),
    location: text,
    availability: text,
    busy_score: z.number().nullish(),
    battery: z.number().nullish(),
    online: z.boolean().nullish(),
    error_state: text,
  }),
})

/** Registration params that passed the check; further fields are there as they came. */
export type RegistrationParams = z.infer<typeof RegistrationParams>

const MAX_COMPLAINT = 200

/** The same value, typed, or one sentence on what is wrong with it. */
export function checkRegistration(
  given: unknown,
): { readonly params: RegistrationParams } | { readonly complaint: string } {
  const params = readTextValues(given)
  const checked = RegistrationParams.safeParse(params)
  // The input itself passed, so it has the output's type; the copy would lose nothing but time.
  if (checked.success) return { params: params as RegistrationParams }
  const issue = checked.error.issues[0]
  const where = ['params', ...(issue?.path ?? [])].map(String).join('.')
  return { complaint: `${where}: ${issue?.message ?? 'invalid'}`.slice(0, MAX_COMPLAINT) }
}
