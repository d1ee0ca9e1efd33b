/**
 * What "installed" means. A stamp inside node_modules, written last, holds the lockfile's hash and what
 * was verified; beside it, every package the lockfile demands must be present and Node 24 must have the
 * size it had when it was seen to run. That finds a fresh clone, a changed lockfile, an interrupted
 * install and a package deleted by hand in a few milliseconds, without starting a process.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const platform = `${process.platform}-${process.arch}`

export function readLockfile(root) {
  const text = readFileSync(join(root, 'package-lock.json'))
  return { sha256: createHash('sha256').update(text).digest('hex'), text }
}

/** The packages that belong on this machine, as paths ("node_modules/zod"), and whether each must be there. */
export function wantedPackages(lockfileText) {
  const { packages } = JSON.parse(lockfileText)
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const libc = existsSync(`/lib/ld-musl-${machine}.so.1`) ? 'musl' : 'glibc'
  const fits = (list, mine) => !list || list.includes(mine)
  return (
    Object.entries(packages)
      .filter(([path]) => path.startsWith('node_modules/'))
      .filter(
        ([, p]) => fits(p.os, process.platform) && fits(p.cpu, process.arch) && fits(p.libc, libc),
      )
      // What an optional package of another platform drags in names no platform itself, and never comes.
      .filter(([, p]) => !p.optional || p.os || p.cpu)
      .map(([path, p]) => ({ path, required: !p.optional, integrity: p.integrity }))
  )
}

export function presentPackages(root, wanted) {
  return wanted.filter(({ path }) => existsSync(join(root, path, 'package.json')))
}

export function missingPackages(root, wanted) {
  const required = wanted.filter((p) => p.required)
  const present = new Set(presentPackages(root, required))
  return required.filter((p) => !present.has(p))
}

const stampPath = (root) => join(root, 'node_modules', '.novacron-set-up.json')

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // Absent or half written: both mean "not there".
    return undefined
  }
}

export function readStamp(root) {
  return readJson(stampPath(root))
}

export function writeStamp(root, stamp) {
  writeFileSync(stampPath(root), JSON.stringify(stamp))
}

/** The Node 24 that the lockfile brings; undefined where it brings none. */
export function bundledNode(root) {
  const path = join(root, 'node_modules', `node-${platform}`, 'bin', 'node')
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && stat.mode & 0o100 ? { path, size: stat.size } : undefined
}

/**
 * Why an install is needed, in words; undefined when everything is in place. `damaged` says that what
 * was verified once is no longer whole, so that npm's own records are not to be believed.
 */
export function whatIsMissing(root) {
  const stamp = readStamp(root)
  const lockfile = readLockfile(root)
  if (!stamp) {
    const begun = existsSync(join(root, 'node_modules'))
    return { reason: begun ? 'the last install did not finish' : 'nothing is installed yet' }
  }
  if (stamp.lockfile !== lockfile.sha256) return { reason: 'package-lock.json has changed' }
  const damage = findDamage(root, stamp, wantedPackages(lockfile.text))
  return damage && { reason: damage, damaged: true }
}

function findDamage(root, stamp, wanted) {
  if (stamp.platform !== platform) {
    return `what is installed is for ${stamp.platform}, this is ${platform}`
  }
  if (stamp.nodeBytes && bundledNode(root)?.size !== stamp.nodeBytes) {
    return 'Node 24 in node_modules is damaged'
  }
  const gone = missingPackages(root, wanted)
  return gone.length > 0 ? `${gone[0].path} is missing` : undefined
}

/**
 * Whether somebody has already run `npm ci` or `npm install` to its end by hand: npm writes
 * node_modules/.package-lock.json last, and it must agree with the lockfile package by package.
 */
export function installedByHand(root, lockfile) {
  const hidden = readJson(join(root, 'node_modules', '.package-lock.json'))
  if (!hidden?.packages) return false
  const wanted = wantedPackages(lockfile.text)
  const agrees = ({ path, required, integrity }) => {
    const entry = hidden.packages[path]
    return entry ? entry.integrity === integrity : !required
  }
  return wanted.every(agrees) && missingPackages(root, wanted).length === 0
}
