import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleFile, bundleFunctions } from '../../infra/bundle.ts'
import type { FunctionName } from '../../core/contract/function-name.ts'
import { functionNames } from '../../infra/source-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'novacron-bundles-'))
const bundleOf = (name: FunctionName, directory = 'all') =>
  join(folder, directory, name, bundleFile)

beforeAll(() => bundleFunctions(functionNames(), join(folder, 'all')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What Lambda gives a function. */
const environment = {
  TABLE_NAME: 'table',
  KEY_ID: 'key',
  STATE_MACHINE_ARN_PREFIX: 'arn:aws:states:eu-central-1:123456789012:stateMachine:',
  SOCKET_ENDPOINT: 'https://socket.invalid',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDOFLAMBDA',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token-of-the-sandbox',
}

/** Runs code in a process that has nothing of ours but the bundles. */
async function inLambda(code: string, env: Record<string, string> = {}): Promise<unknown> {
  const argv = ['--input-type=module', '--eval', `${code}\nconsole.log(JSON.stringify(result))`]
  const options = { cwd: folder, env: { ...environment, ...env } }
  const { stdout } = await promisify(execFile)(process.execPath, argv, options)
  return JSON.parse(stdout)
}

test('every bundle exports a handler', async () => {
  const files = Object.fromEntries(functionNames().map((name) => [name, bundleOf(name)]))
  const handlers = await inLambda(`
    const result = {}
    for (const [name, file] of Object.entries(${JSON.stringify(files)}))
      result[name] = typeof (await import(file)).handler`)
  expect(handlers).toEqual(Object.fromEntries(functionNames().map((name) => [name, 'function'])))
})

test('a bundle finds the credentials that Lambda puts into the environment', async () => {
  const heard: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    heard.push(request.headers)
    response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = server.address() as AddressInfo
    const work = { operationId: 'operation-1', tenantId: 'tenant-1', vmId: 'vm-1', traceparent: '' }
    const answer = await inLambda(
      `const { handler } = await import('${bundleOf('steps/find-owner')}')
       const result = await handler({ work: ${JSON.stringify(work)} })`,
      { AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${port}` },
    )
    expect(answer).toMatchObject({ hostId: null })
    expect(heard).toHaveLength(1)
    expect(heard[0]!['authorization']).toContain('Credential=AKIDOFLAMBDA/')
    expect(heard[0]!['x-amz-security-token']).toBe('token-of-the-sandbox')
  } finally {
    server.close()
  }
})

test('the same sources give the same bytes', async () => {
  const some = ['api/create-vm', 'steps/find-owner'] as const
  await bundleFunctions(some, join(folder, 'again'))
  for (const name of some)
    expect(readFileSync(bundleOf(name, 'again')).equals(readFileSync(bundleOf(name)))).toBe(true)
})

test('no function is so large that its cold start suffers', () => {
  const sizes = functionNames().map((name) => [name, gzipSync(readFileSync(bundleOf(name))).length])
  expect(sizes.filter(([, bytes]) => Number(bytes) > 150_000)).toEqual([])
})

test('a function carries only the clients of the services it asks', () => {
  const protocols = ['DynamoDB_20120810', 'AWSStepFunctions', 'TrentService', '/@connections/']
  const carriedBy = (name: FunctionName) => {
    const text = readFileSync(bundleOf(name), 'utf8')
    return protocols.filter((protocol) => text.includes(protocol))
  }
  expect(carriedBy('steps/find-owner')).toEqual(['DynamoDB_20120810'])
  expect(carriedBy('api/list-vms')).not.toContain('/@connections/')
  expect(carriedBy('steps/send-command')).toEqual(
    expect.arrayContaining(['AWSStepFunctions', '/@connections/']),
  )
  expect(carriedBy('api/refuse-route')).toEqual([])
})
