import { z } from 'zod'

// The content security policy forbids eval, and zod compiles schemas with it unless told not to.
// Import this file before any schema.
z.config({ jitless: true })
