/**
 * One set-up at a time. The lock is a file naming its holder: the process of the set-up and, once it
 * runs, that of its npm, because an npm outlives a set-up that was killed and goes on writing. Whoever
 * finds both dead takes the lock over. A process is known by its id and its start time (ids are reused);
 * a holder on another machine or in another container, whose ids say nothing here, by how long ago it
 * last touched the file.
 */
import {
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const foreignSilenceMs = 60_000
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function identify(pid) {
  try {
    // Counted after the command's name, which may itself hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid, started: fields[19], isZombie: fields[0] === 'Z' }
  } catch {
    return { pid }
  }
}

function isAlive(known) {
  if (!known) return false
  try {
    process.kill(known.pid, 0)
  } catch (error) {
    if (error.code !== 'EPERM') return false
  }
  const now = identify(known.pid)
  if (now.isZombie) return false
  return !known.started || !now.started || now.started === known.started
}

function read(path) {
  try {
    const text = readFileSync(path, 'utf8')
    const age = Date.now() - statSync(path).mtimeMs
    return { text, age, holder: text ? JSON.parse(text) : undefined }
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    if (error instanceof SyntaxError) return { text: '', age: foreignSilenceMs, holder: undefined }
    throw error
  }
}

/** Whom we wait for, in words; undefined when nobody is left to wait for. */
function waitsFor({ holder, age }) {
  if (!holder) return age < 5_000 ? 'another set-up that is just starting' : undefined
  if (holder.host !== hostname()) {
    return age < foreignSilenceMs ? `a set-up on ${holder.host}` : undefined
  }
  if (isAlive(holder.setUp)) return `another set-up (process ${holder.setUp.pid})`
  if (isAlive(holder.npm))
    return `the npm ci (process ${holder.npm.pid}) of a set-up that was killed`
  return undefined
}

/** Moves a dead holder's lock away. Should a live one have taken its place meanwhile, that is put back. */
function removeStale(path, stale) {
  const aside = `${path}.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') === stale.text) rmSync(aside)
  else renameSync(aside, path)
}

function create(path, content) {
  try {
    writeFileSync(path, JSON.stringify(content), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

/**
 * Waits until nobody else sets up, then holds the lock. `say` is told whom we wait for, once per holder.
 * @returns {Promise<{ npmRuns(pid: number): void, touch(): void, release(): void }>}
 */
export async function acquireLock(root, say) {
  const path = join(root, '.set-up.lock')
  const content = { host: hostname(), setUp: identify(process.pid) }
  let saidLast
  for (;;) {
    if (create(path, content)) {
      // Two that removed the same stale lock at once may both have created one; the later file counts.
      if (saidLast === undefined) break
      await pause(20)
      if (read(path)?.holder?.setUp?.pid === process.pid) break
    }
    const found = read(path)
    if (!found) continue
    const whom = waitsFor(found)
    if (whom && whom !== saidLast) say(`waiting for ${whom}`)
    if (!whom) {
      say('taking over from a set-up that died')
      removeStale(path, found)
    }
    saidLast = whom ?? 'nobody'
    if (whom) await pause(250)
  }
  return {
    npmRuns(pid) {
      const temporary = `${path}.${process.pid}`
      writeFileSync(temporary, JSON.stringify({ ...content, npm: identify(pid) }))
      renameSync(temporary, path)
    },
    touch() {
      // Somebody may have deleted it by hand; that is no reason to stop.
      if (existsSync(path)) utimesSync(path, new Date(), new Date())
    },
    release() {
      if (read(path)?.holder?.setUp?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}
