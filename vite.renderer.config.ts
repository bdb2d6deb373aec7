import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const folder = resolve(import.meta.dirname, 'src/renderer')

// The window, for both hosts. Also builds alone: `vite build -c vite.renderer.config.ts`.
export default defineConfig({
  root: folder,
  // Relative, so that the same files work below app://… and below http://127.0.0.1:port/.
  base: './',
  plugins: [react()],
  // No `public` folder: every file that is served passes through the bundler.
  publicDir: false,
  resolve: {
    // @rjsf/core imports it for a helper of its own tests; the window validates without eval.
    alias: { '@rjsf/validator-ajv8': resolve(folder, 'lib/no-ajv.ts') },
  },
  build: {
    outDir: resolve(import.meta.dirname, 'out/renderer'),
    emptyOutDir: true,
    // The oldest engine of a browser host; it has light-dark(), container queries and nesting.
    target: 'chrome125',
    cssTarget: 'chrome125',
    minify: true,
    // The content security policy allows fonts and images from files only, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { input: resolve(folder, 'index.html') },
  },
})
