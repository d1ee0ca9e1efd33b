/**
 * Runs a file on Node 24 in our place: same terminal, same exit code, signals passed on. When we are
 * killed outright the kernel ends it too (setpriv, where it exists), and when the npm above us is killed
 * we end it, so that no control plane is left running that nobody can see.
 */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import { SetupFailure } from './failure.mjs'
import { bundledNode, readStamp } from './installed.mjs'

export async function launch(root, file, args, setupMs) {
  const stamp = readStamp(root)
  const skipped = process.env.NOVACRON_SKIP_SETUP === '1'
  const bundled = skipped || stamp?.nodeBytes ? bundledNode(root) : undefined
  const node = bundled?.path ?? process.execPath
  if (!bundled && Number(process.versions.node.split('.')[0]) < 24) {
    throw new SetupFailure(
      'SETUP_PLATFORM',
      `Node 24 is needed, and this is ${process.versions.node}`,
    )
  }
  const guard = stamp?.deathSignal ? ['setpriv', '--pdeathsig', 'TERM', '--'] : []
  const [command, ...rest] = [...guard, node, file, ...args]
  const child = spawn(command, rest, {
    stdio: 'inherit',
    env: {
      ...process.env,
      PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].filter(Boolean).join(delimiter),
      NOVACRON_SETUP_MS: String(setupMs),
      // Node keeps what it compiled: loading the program takes half as long from the second time on.
      NODE_COMPILE_CACHE:
        process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled'),
    },
  })
  passSignals(child)
  await new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(new SetupFailure('SETUP_NODE24_BROKEN', `${command} does not start (${error.code})`)),
    )
    child.on('exit', (code, signal) => {
      // As a shell says it: 128 and the signal's number.
      process.exitCode = code ?? 128 + constants.signals[signal]
      resolve()
    })
  })
  process.exit()
}

function passSignals(child) {
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal))
  // A terminal sends Ctrl-C to the whole foreground group: our child has it already, and a second one
  // would read as impatience.
  process.on('SIGINT', () => {
    if (!inForeground()) child.kill('SIGINT')
  })
  if (!process.env.npm_lifecycle_event) return
  const npm = process.ppid
  setInterval(() => {
    if (process.ppid !== npm) child.kill('SIGTERM')
  }, 1_000).unref()
}

function inForeground() {
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foreground
  } catch {
    return Boolean(process.stdin.isTTY)
  }
}
