/** The only file of this room that touches the environment: what we are started with, and what functions are given. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keyId } from './keys.ts'
import { machineArn } from './step-functions/arns.ts'

export const tableName = 'novacron'

export const productVersion = () => {
  const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** What a deployment writes into the configuration of every function. */
export function setFunctionEnvironment(): void {
  Object.assign(process.env, {
    TABLE_NAME: tableName,
    KEY_ID: keyId,
    STATE_MACHINE_ARN_PREFIX: machineArn(''),
    SOCKET_ENDPOINT: 'http://home.invalid',
    NOVACRON_VERSION: productVersion(),
  })
}

export const startedWith = () => ({
  home: process.env.NOVACRON_HOME,
  setupMs: Number(process.env.NOVACRON_SETUP_MS ?? 0),
})
