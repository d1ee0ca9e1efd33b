/**
 * The promise of the first page, kept by a program: clone what is committed, and with nothing but the
 * machine's own Node and npm run `npm start -- --once --json` twice. The first installs and creates a
 * VM; the second must find everything in place.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { tallyLine } from './tally.ts'

const root = join(import.meta.dirname, '..')
const clone = mkdtempSync(join(tmpdir(), 'novacron-clone-'))
process.on('exit', () => rmSync(clone, { recursive: true, force: true }))

/** As if nobody had ever run npm here: our own Node 24 and what npm told this process are left out. */
function strangersEnvironment(): NodeJS.ProcessEnv {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const isOurs = (folder: string) => folder.startsWith(root) || folder.includes('node_modules')
  const path = folders.filter((folder) => !isOurs(folder))
  const foreign = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NOVACRON_|VITEST)/.test(name),
  )
  const kept = ['npm_config_cache', 'npm_config_registry']
    .filter((name) => process.env[name])
    .map((name) => [name, process.env[name]])
  return { ...Object.fromEntries([...foreign, ...kept]), PATH: path.join(delimiter) }
}

interface Outcome {
  faults: string[]
  setupMs?: number
}

function startOnce(env: NodeJS.ProcessEnv): Outcome {
  const run = spawnSync('npm', ['start', '--', '--once', '--json'], {
    cwd: clone,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
  })
  if (run.error) return { faults: [`npm start does not run: ${run.error.message}`] }
  const last = run.stdout.trim().split('\n').at(-1) ?? ''
  console.log(last)
  const faults = run.status === 0 ? [] : [`exit code ${run.status ?? run.signal}`]
  try {
    const said = JSON.parse(last) as { ok?: boolean; setupMs?: number }
    if (said.ok !== true) faults.push('the last line does not say ok')
    return { faults, ...(typeof said.setupMs === 'number' && { setupMs: said.setupMs }) }
  } catch {
    return { faults: [...faults, 'the last line on stdout is not JSON'] }
  }
}

execFileSync('git', ['clone', '--quiet', root, clone], { stdio: 'inherit' })
const env = strangersEnvironment()
const tally = { passed: 0, failed: 0, skipped: 0 }
let installed = Number.POSITIVE_INFINITY
for (const name of ['the first start of a fresh clone', 'the second start']) {
  const { faults, setupMs } = startOnce(env)
  if (setupMs === undefined) faults.push('setupMs is not a number')
  else if (setupMs >= installed) faults.push(`set-up took as long as the first time: ${setupMs} ms`)
  installed = setupMs ?? installed
  console.log(`${faults.length ? 'FAILED' : 'ok'}: ${name} ${faults.join('; ')}`)
  if (faults.length) tally.failed++
  else tally.passed++
}
console.log(tallyLine(tally))
process.exitCode = tally.failed === 0 ? 0 : 1
