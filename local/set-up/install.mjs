/**
 * Installs what the lockfile says, with `npm ci`, and says how far it is. One set-up does so at a time;
 * whoever waited looks again before it does anything. Scripts of packages are not run: nothing we use
 * needs them, and what does not run cannot be abused.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SetupFailure, npmFailure } from './failure.mjs'
import * as installed from './installed.mjs'
import { acquireLock } from './lock.mjs'
import { Progress } from './progress.mjs'

/**
 * Every flag answers something a user's own npm configuration may say otherwise: omit=dev, dry-run,
 * engine-strict (npm runs on the machine's Node, the packages on 24), global, bin-links, …
 */
const npmFlags = [
  'ci',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--include=dev',
  '--include=optional',
  '--engine-strict=false',
  '--global=false',
  '--dry-run=false',
  '--bin-links=true',
  '--package-lock=true',
  '--install-strategy=hoisted',
  '--foreground-scripts=false',
  '--json=false',
  '--loglevel=http',
  '--color=false',
  '--progress=false',
  '--fetch-retries=3',
  '--fetch-retry-factor=3',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=8000',
]

/** npm's command line: the very npm that started us when there is one, else the one in PATH. */
function findNpm() {
  const own = process.env.npm_execpath
  if (own?.endsWith('npm-cli.js') && existsSync(own)) return [process.execPath, own]
  const folders = (process.env.PATH ?? '').split(delimiter)
  const npm = folders.map((folder) => join(folder, 'npm')).find((path) => existsSync(path))
  if (!npm) throw new SetupFailure('SETUP_NPM_MISSING', 'there is no npm in PATH')
  return [npm]
}

export async function install(root) {
  const progress = new Progress()
  checkPlatform()
  const npm = findNpm()
  const lock = await acquireLock(root, (text) => progress.say(text)).catch((error) => {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error
    throw new SetupFailure('SETUP_NOT_WRITABLE', `cannot write to ${root} (${error.code})`)
  })
  try {
    const missing = installed.whatIsMissing(root)
    if (!missing) return
    const lockfile = installed.readLockfile(root)
    if (missing.damaged || !installed.installedByHand(root, lockfile)) {
      const wanted = installed.wantedPackages(lockfile.text)
      await npmCi(root, { npm, reason: missing.reason, lock, progress, wanted })
    }
    installed.writeStamp(root, verify(root, lockfile, progress))
  } finally {
    lock.release()
  }
}

/** Where the lockfile brings no Node 24, the machine's own must do. */
function checkPlatform() {
  const brought = ['linux-x64', 'linux-arm64'].includes(installed.platform)
  if (!brought && Number(process.versions.node.split('.')[0]) < 24) {
    throw new SetupFailure(
      'SETUP_PLATFORM',
      `on ${installed.platform} NovaCron needs the machine's own Node to be 24 or newer, and it is ${process.versions.node}`,
    )
  }
}

async function npmCi(root, { npm, reason, lock, progress, wanted }) {
  progress.say(`${reason}: installing ${wanted.length} packages from package-lock.json`)
  // Both marks of a finished install go first, so that none survives an interruption.
  for (const mark of ['.novacron-set-up.json', '.package-lock.json']) {
    rmSync(join(root, 'node_modules', mark), { force: true })
  }
  const output = []
  const [command, ...args] = [...npm, ...npmFlags, `--prefix=${root}`]
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid) lock.npmRuns(child.pid)
  const keep = (chunk) => {
    output.push(...String(chunk).split('\n').filter(Boolean))
    output.splice(0, output.length - 400)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ticking = setInterval(() => {
    lock.touch()
    progress.step(installed.presentPackages(root, wanted).length, wanted.length, output)
  }, 500)
  let interrupted
  const interrupt = (signal) => {
    interrupted = signal
    child.kill(signal)
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  const exit = await new Promise((resolve) => {
    child.on('error', (error) => resolve(`${error.code} (${command})`))
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  clearInterval(ticking)
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
  progress.endLine()
  if (interrupted) throw new SetupFailure('SETUP_INTERRUPTED', `stopped by ${interrupted}`)
  if (exit !== 0) throw npmFailure(exit, output)
}

/** Looks at what is there rather than believing npm's exit code, and returns what the stamp shall say. */
function verify(root, lockfile, progress) {
  const wanted = installed.wantedPackages(lockfile.text)
  const gone = installed.missingPackages(root, wanted)
  if (gone.length > 0) {
    const names = gone.map((p) => p.path.replace('node_modules/', ''))
    throw new SetupFailure(
      'SETUP_INCOMPLETE',
      `npm ci succeeded, but these are missing: ${names.join(', ')}`,
    )
  }
  const runtime = verifyNode(root)
  const present = installed.presentPackages(root, wanted).length
  progress.say(`${present} packages in place, running on Node ${runtime.version}`)
  return {
    lockfile: lockfile.sha256,
    platform: installed.platform,
    nodeBytes: runtime.bytes,
    deathSignal: canDieWithParent(),
  }
}

/** Starts the Node that will run everything, once. */
function verifyNode(root) {
  const bundled = installed.bundledNode(root)
  const said = bundled && spawnSync(bundled.path, ['--version'], { encoding: 'utf8' })
  if (said?.status === 0 && said.stdout.startsWith('v24.')) {
    return { version: said.stdout.trim().slice(1), bytes: bundled.size }
  }
  // No glibc, perhaps (Alpine), or another system: the machine's own Node may be new enough.
  if (Number(process.versions.node.split('.')[0]) >= 24) {
    return { version: process.versions.node, bytes: 0 }
  }
  if (!bundled)
    throw new SetupFailure('SETUP_INCOMPLETE', `npm ci did not install node-${installed.platform}`)
  const why =
    said.error?.code ?? (said.stderr || said.stdout || `exit ${said.status ?? said.signal}`).trim()
  throw new SetupFailure('SETUP_NODE24_BROKEN', `${bundled.path} does not run: ${why}`)
}

/** Whether setpriv can make the kernel end our child when we are killed (util-linux 2.33 or newer). */
function canDieWithParent() {
  return spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true'], { stdio: 'ignore' }).status === 0
}
