/**
 * The ways in which set-up can fail, as a closed list. Each has a stable code, says what happened and
 * names the command that helps; whatever is not in this list is a bug of set-up and shows its stack.
 */
const again = 'run the same command again'
const fixes = {
  SETUP_NODE_TOO_OLD: ['install Node 20 or newer (https://nodejs.org), then ' + again],
  SETUP_NO_FILE: ['npm start'],
  SETUP_FILE_MISSING: ['git status   # is the checkout complete?', 'git checkout -- .'],
  SETUP_PLATFORM: [
    'install Node 24 or newer yourself (https://nodejs.org), then ' + again,
    'or use a Linux machine with glibc (x64 or arm64), where set-up brings its own Node 24',
  ],
  SETUP_NPM_MISSING: [
    'install npm, which usually comes with Node (Debian: sudo apt install npm), then ' + again,
  ],
  SETUP_NOT_WRITABLE: ['ls -ld . node_modules   # who owns them?', 'sudo chown -R "$USER" .'],
  SETUP_DISK_FULL: ['df -h .   # about 700 MB are needed', 'npm cache clean --force'],
  SETUP_REGISTRY_UNREACHABLE: [
    'npm ping   # does the registry answer?',
    'npm config set registry <the address of your mirror>   # or set HTTPS_PROXY',
    again + ': what was already downloaded is kept',
  ],
  SETUP_REGISTRY_REFUSED: [
    'npm login   # or ask whoever runs your registry',
    'npm config get registry',
  ],
  SETUP_PACKAGE_MISSING: [
    'npm config get registry   # is this mirror complete?',
    'npm ci --registry https://registry.npmjs.org/',
  ],
  SETUP_INTEGRITY: ['npm cache clean --force', again],
  SETUP_LOCKFILE: ['git checkout -- package.json package-lock.json', again],
  SETUP_NPM_CI_FAILED: ['rm -rf node_modules', again],
  SETUP_INCOMPLETE: [
    'npm config ls -l | grep -E "omit|only|bin-links|os|cpu"',
    'rm -rf node_modules',
    again,
  ],
  SETUP_NODE24_BROKEN: ['rm -rf node_modules', again],
  SETUP_INTERRUPTED: [again + ': it begins afresh and keeps what was downloaded'],
}

export class SetupFailure extends Error {
  /**
   * @param {keyof typeof fixes} code
   * @param {string} what one sentence: what happened
   * @param {string[]} lines what npm said last
   */
  constructor(code, what, lines = []) {
    super(`${code}: ${what}`)
    this.code = code
    this.what = what
    this.lines = lines
    this.exitCode = code === 'SETUP_INTERRUPTED' ? 130 : 1
  }

  report() {
    const said = this.lines.length
      ? ['', 'npm said last:', ...this.lines.map((line) => `  ${line}`)]
      : []
    const help = ['', 'What helps:', ...fixes[this.code].map((fix) => `  ${fix}`)]
    return ['', `set-up failed: ${this.what} [${this.code}]`, ...said, ...help, ''].join('\n')
  }
}

/** What npm printed → which failure it was. The first match wins: the more telling come first. */
const signs = [
  [/ENOSPC|no space left/i, 'SETUP_DISK_FULL', 'the disk is full'],
  [/EACCES|EPERM|EROFS/, 'SETUP_NOT_WRITABLE', 'npm may not write here'],
  [
    /EINTEGRITY|integrity checksum failed/i,
    'SETUP_INTEGRITY',
    'a package is not what the lockfile says',
  ],
  [/\bE40[13]\b|ENEEDAUTH|EOTP/, 'SETUP_REGISTRY_REFUSED', 'the registry refuses us'],
  [/\bE404\b|ETARGET|notarget/, 'SETUP_PACKAGE_MISSING', 'the registry lacks a package'],
  [
    /EUSAGE|in sync|EJSONPARSE/,
    'SETUP_LOCKFILE',
    'package.json and package-lock.json do not belong together',
  ],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ECONNRESET|ERR_SOCKET|network/i,
    'SETUP_REGISTRY_UNREACHABLE',
    'the package registry does not answer',
  ],
]

/** Names the failure of an `npm ci` from what it printed. */
export function npmFailure(exit, output) {
  // Only what npm calls an error counts: its log of requests mentions every retry that later succeeded.
  const errors = output.filter((line) => /^npm (ERR!|error) (?!\s+at )/.test(line))
  const text = errors.join('\n')
  const lines = (errors.length ? errors : output).slice(-12)
  const sign = signs.find(([pattern]) => pattern.test(text))
  if (sign) return new SetupFailure(sign[1], `npm ci ended with ${exit}: ${sign[2]}`, lines)
  return new SetupFailure('SETUP_NPM_CI_FAILED', `npm ci ended with ${exit}`, lines)
}
