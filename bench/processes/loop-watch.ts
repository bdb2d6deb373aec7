// Loaded into the registry process by `--import`, so that its own event loop is what is watched: at
// SIGUSR2 it writes how long the loop stood still since the last time into the file of BENCH_LOOP_FILE.
import { renameSync, writeFileSync } from 'node:fs'

const EVERY_MS = 2

const file = process.env['BENCH_LOOP_FILE'] ?? ''
let stalls: number[] = []
let number = 0
let lastMs = performance.now()
setInterval(() => {
  const now = performance.now()
  stalls.push(Math.max(0, now - lastMs - EVERY_MS))
  lastMs = now
}, EVERY_MS).unref()

process.on('SIGUSR2', () => {
  const sorted = stalls.sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  stalls = []
  number += 1
  const text = JSON.stringify({ number, p999Ms: at(0.999), maxMs: at(1) })
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
})
