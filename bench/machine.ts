/** On what a figure was taken: machine, versions and commit, without which a number says nothing. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'

export interface Circumstances {
  machine: { cpu: string; cores: number; memoryGb: number; kernel: string }
  node: string
  packages: Record<string, string>
  /** Absent outside a git checkout; "+" at the end: with changes that are not committed. */
  commit?: string
}

const root = join(import.meta.dirname, '..')

export function circumstances(): Circumstances {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  const commit = readCommit()
  return {
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryGb: Math.round(totalmem() / 2 ** 30),
      kernel: `${type()} ${release()}`,
    },
    node: process.versions.node,
    packages: manifest.dependencies,
    ...(commit && { commit }),
  }
}

function readCommit(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : '')
  } catch {
    // No git, or no checkout: the figures stand without it.
    return undefined
  }
}
