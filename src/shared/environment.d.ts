// What Node and browsers both have. Shared code is checked without the types of either, so that it
// uses nothing else of them; where it is used, the environment's own declarations hold.

interface AbortSignal {
  readonly aborted: boolean
}

declare const AbortController: new () => { readonly signal: AbortSignal; abort(): void }
