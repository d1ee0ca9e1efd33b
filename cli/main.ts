#!/usr/bin/env node
/**
 * `npx novacron`: people and scripts at the API. What needs no API (the version) is answered here, before anything
 * else is loaded; all the rest begins in run.ts.
 */
const inputs = process.argv.slice(2)

if (inputs.length === 1 && (inputs[0] === '--version' || inputs[0] === '-v')) {
  const { version } = await import('./version.ts')
  process.stdout.write(`${version()}\n`)
} else {
  const { run } = await import('./run.ts')
  await run(inputs)
}
