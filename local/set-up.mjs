/**
 * What every npm script runs first: `node local/set-up.mjs FILE [arguments]`. It makes sure that the
 * packages of the lockfile are installed, Node 24 among them, and then runs FILE on that Node 24.
 * It is plain JavaScript without a dependency because it runs before anything is installed, on
 * whatever Node (20 or newer) the machine has. It never writes to stdout: that belongs to FILE.
 */
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupFailure } from './set-up/failure.mjs'
import { whatIsMissing } from './set-up/installed.mjs'
import { launch } from './set-up/launch.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

async function setUp(file) {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20)
    throw new SetupFailure('SETUP_NODE_TOO_OLD', `this is Node ${process.versions.node}`)
  if (!file)
    throw new SetupFailure('SETUP_NO_FILE', 'usage: node local/set-up.mjs FILE [arguments]')
  if (!existsSync(file)) throw new SetupFailure('SETUP_FILE_MISSING', `${file} does not exist`)
  if (process.env.NOVACRON_SKIP_SETUP === '1') return
  if (!whatIsMissing(root)) return
  // Loaded only when needed: with everything in place, set-up must cost next to nothing.
  const { install } = await import('./set-up/install.mjs')
  await install(root)
}

try {
  const [name, ...args] = process.argv.slice(2)
  const file = name && resolve(root, name)
  await setUp(file)
  await launch(root, file, args, Math.round(process.uptime() * 1000))
} catch (error) {
  if (!(error instanceof SetupFailure)) throw error
  process.stderr.write(error.report())
  process.exitCode = error.exitCode
}
