/** The signal of who never calls off; where a test or a caller has no reason to. */
export const NEVER: AbortSignal = new AbortController().signal
