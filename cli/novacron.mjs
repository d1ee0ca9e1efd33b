#!/usr/bin/env node
/**
 * What `npx novacron` runs, on whatever Node it finds: on 24 and newer the CLI itself, with its compiled code kept for
 * the next time; on an older one the set-up, which installs what is missing and starts the CLI on its own Node 24.
 */
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const inCheckout = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache?.(inCheckout('node_modules/.cache/novacron'))
  await import('./main.ts')
} else {
  const args = [inCheckout('local/set-up.mjs'), 'cli/main.ts', ...process.argv.slice(2)]
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; how to end is the CLI's to say.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => (process.exitCode = code ?? 1))
}
