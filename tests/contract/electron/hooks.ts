import { registerHooks } from 'node:module'

// Makes `import 'electron'` mean the typed fake, in the process that loads the built main bundle.
const fake = new URL('fake-electron.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: fake, shortCircuit: true } : next(specifier, context),
})
