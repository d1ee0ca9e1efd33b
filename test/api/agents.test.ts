import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../core/contract/command.ts'
import { toleranceMs } from '../../core/contract/signature.ts'
import { startCloudUnderTest, type CloudUnderTest } from '../cloud-under-test.ts'
import { PuppetHost, type AgentRoute, type Forgery } from '../puppet-host.ts'

let under: CloudUnderTest

beforeAll(async () => {
  under = await startCloudUnderTest()
})
afterAll(() => under?.[Symbol.asyncDispose]())

const tokenOf = async () => (await under.get('create-join-token')).secret!
const enrolling = (puppet: PuppetHost, token: string, forgery?: Forgery) =>
  under.ask('enrol-host', puppet.signed('enrol-host', puppet.enrolment(token), forgery))
const codeOf = async (
  answer: Promise<{ status: number; problem: { code: string } | undefined }>,
) => {
  const { status, problem } = await answer
  return problem?.code ?? status
}
/** A VM that only a host of this one's size can take: the command lies in its mailbox, and nowhere else. */
const commandFor = async (puppet: PuppetHost, vcpus: number) => {
  const body = { name: under.name('vm'), vcpus, memoryMiB: 64 }
  const operation = await under.get('create-vm', { body })
  return { operation, command: await puppet.next() }
}
let size = 10
/** A host with more vcpus than any before it. */
const greatest = async () => {
  const vcpus = ++size
  return { puppet: await new PuppetHost(under).enrol({ vcpus }), vcpus }
}

describe('a join token', () => {
  test('makes one host, once; the same host may ask again after a lost answer', async () => {
    const token = await tokenOf()
    const puppet = new PuppetHost(under)
    const first = await enrolling(puppet, token)
    expect(first.body).toEqual({ hostId: puppet.hostId })
    expect((await enrolling(puppet, token)).body).toEqual({ hostId: puppet.hostId })
    expect(await codeOf(enrolling(new PuppetHost(under), token))).toBe('JOIN_TOKEN_INVALID')
    const { items } = await under.get('list-hosts', { query: { filter: `name = ${puppet.name}` } })
    expect(items).toMatchObject([{ id: puppet.hostId, state: 'ready', site: 'here' }])
  })

  test('used by ten at once makes one host', async () => {
    const token = await tokenOf()
    const puppets = Array.from({ length: 10 }, () => new PuppetHost(under))
    const codes = await Promise.all(puppets.map((puppet) => codeOf(enrolling(puppet, token))))
    expect(codes.toSorted()).toEqual([200, ...Array(9).fill('JOIN_TOKEN_INVALID')])
  })

  test('used by one host ten times at once makes one host', async () => {
    const token = await tokenOf()
    const puppet = new PuppetHost(under)
    const codes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(enrolling(puppet, token))),
    )
    expect(codes).toEqual(Array(10).fill(200))
  })

  test('that is unknown, altered or expired makes none', async () => {
    const token = await tokenOf()
    const altered = token.replace(/.$/, (letter) => (letter === '0' ? '1' : '0'))
    for (const wrong of ['', 'nvj', `nvj_join-0_${'0'.repeat(64)}`, altered, under.adminKey])
      expect(await codeOf(enrolling(new PuppetHost(under), wrong))).toBe('JOIN_TOKEN_INVALID')
    under.clock.move(3600_000)
    expect(await codeOf(enrolling(new PuppetHost(under), token))).toBe('JOIN_TOKEN_INVALID')
  })

  test('does not let a host that is known become another one', async () => {
    const puppet = await new PuppetHost(under).enrol()
    expect(await codeOf(enrolling(puppet, await tokenOf()))).toBe('NAME_TAKEN')
  })

  test('is nothing without the private half of the key it is shown with', async () => {
    const token = await tokenOf()
    const puppet = new PuppetHost(under)
    const { privateKey: stolen } = generateKeyPairSync('ed25519')
    const other = await new PuppetHost(under).enrol()
    for (const forgery of [
      { signedBy: stolen },
      { signedAs: other.hostId },
      { signedBy: other.privateKey, signedAs: other.hostId },
      { signedBody: { ...puppet.enrolment(token), name: 'another' } },
    ])
      expect(await codeOf(enrolling(puppet, token, forgery))).toBe('HOST_SIGNATURE_INVALID')
    expect((await enrolling(puppet, token)).status).toBe(200)
  })

  test('takes no key of another kind, and no rubbish for one', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
    const short = rsa.export({ type: 'spki', format: 'der' }).toString('base64').slice(0, 200)
    const puppet = new PuppetHost(under)
    for (const publicKey of ['', 'AAAA', '!!', short, puppet.hostId]) {
      const body = { ...puppet.enrolment(await tokenOf()), publicKey }
      const code = await codeOf(under.ask('enrol-host', puppet.signed('enrol-host', body)))
      expect(code).toBe('HOST_SIGNATURE_INVALID')
    }
  })
})

describe('a request of an agent', () => {
  const body = { incarnation: 'puppet' }
  let puppet: PuppetHost
  beforeAll(async () => {
    puppet = await new PuppetHost(under).enrol()
  })
  const taking = (forgery: Forgery) =>
    codeOf(under.ask('take-commands', puppet.signed('take-commands', body, forgery)))

  test('is believed when it is signed, recent and new', async () => {
    expect(await taking({})).toBe(200)
  })

  test.each<[string, () => Forgery]>([
    ['signed with another key', () => ({ signedBy: generateKeyPairSync('ed25519').privateKey })],
    ['whose body was altered', () => ({ signedBody: { incarnation: 'other' } })],
    ['signed for another path', () => ({ signedPath: '/agent/v1/report' })],
    ['signed too long ago', () => ({ at: under.clock.now() - toleranceMs - 1000 })],
    ['signed in the future', () => ({ at: under.clock.now() + toleranceMs + 60_000 })],
    ['signed for a host that never was', () => ({ signedAs: 'host-0' })],
    ['without a signature', () => ({ headers: { authorization: '' } })],
    ['with half a signature', () => ({ headers: { authorization: 'NovaCron-Host host=host-1' } })],
    ['with an API key', () => ({ headers: { authorization: `Bearer ${under.adminKey}` } })],
  ])('%s is refused', async (_, forgery) => {
    expect(await taking(forgery())).toBe('HOST_SIGNATURE_INVALID')
  })

  test('is believed once: the same again is a replay, also at once', async () => {
    const given = puppet.signed('take-commands', body)
    expect(await codeOf(under.ask('take-commands', given))).toBe(200)
    expect(await codeOf(under.ask('take-commands', given))).toBe('REQUEST_REPLAYED')
    const race = puppet.signed('take-commands', body)
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(under.ask('take-commands', race))))
    expect(codes.toSorted()).toEqual([200, 'REQUEST_REPLAYED', 'REQUEST_REPLAYED'])
  })

  test('signed long ago is refused still, when its nonce has been forgotten', async () => {
    const given = puppet.signed('take-commands', body)
    expect(await codeOf(under.ask('take-commands', given))).toBe(200)
    under.clock.move(10 * 60_000)
    under.cloud.dynamodb.sweepExpired()
    expect(await codeOf(under.ask('take-commands', given))).toBe('HOST_SIGNATURE_INVALID')
  })

  test.each<[AgentRoute, unknown]>([
    ['take-commands', {}],
    ['take-commands', { incarnation: '' }],
    ['take-commands', { incarnation: 'a', hostId: 'host-0' }],
    ['report', { commandId: 'x', generation: 1, incarnation: 'a', kind: 'rumour' }],
    ['report', { commandId: 'x', generation: 0, incarnation: 'a', kind: 'done' }],
    ['report', { commandId: 'x', generation: 1, incarnation: 'a', kind: 'progress', percent: 101 }],
    ['report', []],
  ])('%s with %j is refused by name', async (route, wrong) => {
    expect(await codeOf(under.ask(route, puppet.signed(route, wrong)))).toBe('INPUT_INVALID')
  })
})

describe('a host acts only as itself', () => {
  test('it is given the commands of its own mailbox only', async () => {
    const { puppet, vcpus } = await greatest()
    const other = await new PuppetHost(under).enrol()
    const { command } = await commandFor(puppet, vcpus)
    expect(await other.take()).toEqual([])
    expect(await puppet.take()).toEqual([command])
    expect(await puppet.take()).toEqual([command])
    await puppet.report(command, { kind: 'failed', reason: 'over' })
    expect(await puppet.take()).toEqual([])
  })

  test('it cannot report on what another host was told, nor on what nobody was told', async () => {
    const { puppet, vcpus } = await greatest()
    const other = await new PuppetHost(under).enrol()
    const { command, operation } = await commandFor(puppet, vcpus)
    for (const what of [
      { kind: 'accepted' },
      { kind: 'progress', percent: 50, etaMs: null },
      { kind: 'done' },
      { kind: 'failed', reason: 'no' },
    ]) {
      expect(await codeOf(other.report(command, what))).toBe('COMMAND_NOT_YOURS')
      expect(await codeOf(other.report({ id: 'nothing', generation: 1 }, what))).toBe(
        'COMMAND_NOT_YOURS',
      )
    }
    const untouched = await under.get('get-operation', { params: { operationId: operation.id } })
    expect(untouched).toMatchObject({ state: 'running', progress: { percent: null } })
    await puppet.report(command, { kind: 'done' })
    expect((await under.over(operation)).state).toBe('succeeded')
  })
})

describe('a report', () => {
  test('moves the operation: accepted, progress, done', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    const seen = () => under.get('get-operation', { params: { operationId: operation.id } })
    expect((await puppet.report(command, { kind: 'accepted' })).body).toEqual({ settled: true })
    await puppet.report(command, { kind: 'progress', percent: 42, etaMs: 1000 })
    expect((await seen()).progress).toMatchObject({ percent: 42, etaMs: 1000, etaReason: null })
    await puppet.report(command, { kind: 'progress', percent: 43, etaMs: null })
    expect((await seen()).progress).toMatchObject({ percent: 43, etaMs: null })
    expect((await seen()).progress.etaReason).not.toBeNull()
    await puppet.report(command, { kind: 'done' })
    expect((await under.over(operation)).state).toBe('succeeded')
  })

  test('twice has the effect of once, and a later one that says otherwise has none', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    const answers = await Promise.all([1, 2, 3].map(() => puppet.report(command, { kind: 'done' })))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const ended = await under.over(operation)
    expect(ended.state).toBe('succeeded')
    const contrary = await puppet.report(command, { kind: 'failed', reason: 'second thoughts' })
    expect(contrary.status).toBe(200)
    expect(await puppet.take()).toEqual([])
    const params = { operationId: operation.id }
    expect(await under.get('get-operation', { params })).toEqual(ended)
    const vmId = operation.target.slice('/v1/vms/'.length)
    expect(await under.get('get-vm', { params: { vmId } })).toMatchObject({
      state: 'running',
      hostId: puppet.hostId,
    })
  })

  test('that it failed is believed too, first come', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    await puppet.report(command, { kind: 'failed', reason: 'the disk is full' })
    expect((await puppet.report(command, { kind: 'done' })).status).toBe(200)
    const { state, error } = await under.over(operation)
    expect({ state, code: error!.code }).toEqual({ state: 'failed', code: 'COMMAND_FAILED' })
    expect(error!.detail).toContain('the disk is full')
  })

  test('under another generation is stale, and changes nothing', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    for (const generation of [command.generation + 1, command.generation + 100]) {
      const old = { ...command, generation }
      for (const what of [
        { kind: 'done' },
        { kind: 'accepted' },
        { kind: 'failed', reason: 'x' },
      ]) {
        const { problem } = await puppet.report(old, what)
        expect(problem).toMatchObject({
          code: 'GENERATION_STALE',
          params: { generation, current: command.generation },
        })
      }
    }
    expect(await puppet.take()).toEqual([command])
    await puppet.report(command, { kind: 'done' })
    expect((await under.over(operation)).state).toBe('succeeded')
  })
})

describe('the journal that accepted a command', () => {
  const contrary = [
    { kind: 'accepted' },
    { kind: 'progress', percent: 99, etaMs: null },
    { kind: 'failed', reason: 'nothing is left' },
    { kind: 'done' },
  ]

  test('is the only one that is believed about it', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    await puppet.report(command, { kind: 'accepted' })
    for (const what of contrary) {
      const { problem } = await puppet.report(command, { ...what, incarnation: 'another' })
      expect(problem).toMatchObject({
        code: 'INCARNATION_STALE',
        params: { incarnation: 'another', acceptedBy: 'puppet' },
      })
    }
    const seen = await under.get('get-operation', { params: { operationId: operation.id } })
    expect(seen).toMatchObject({ state: 'running', progress: { percent: null } })
    await puppet.report(command, { kind: 'done' })
    expect((await under.over(operation)).state).toBe('succeeded')
    for (const what of contrary)
      expect(await codeOf(puppet.report(command, { ...what, incarnation: 'another' }))).toBe(
        'INCARNATION_STALE',
      )
  })

  test('is one, when two accept it at once', async () => {
    const { puppet, vcpus } = await greatest()
    const { command, operation } = await commandFor(puppet, vcpus)
    const journals = ['one', 'two', 'three', 'four']
    const accept = (incarnation: string) =>
      codeOf(puppet.report(command, { kind: 'accepted', incarnation }))
    const codes = await Promise.all(journals.map(accept))
    expect(codes.toSorted()).toEqual([200, ...Array(3).fill('INCARNATION_STALE')])
    const believed = journals[codes.indexOf(200)]!
    await puppet.report(command, { kind: 'done', incarnation: believed })
    expect((await under.over(operation)).state).toBe('succeeded')
  })

  test('is handed it again, and another one is not', async () => {
    const { puppet, vcpus } = await greatest()
    const { command } = await commandFor(puppet, vcpus)
    await puppet.report(command, { kind: 'accepted', incarnation: 'another' })
    expect(await puppet.take()).toEqual([])
    const given = puppet.signed('take-commands', { incarnation: 'another' })
    expect((await under.get('take-commands', given)).commands).toEqual([command])
    await puppet.report(command, { kind: 'failed', reason: 'over', incarnation: 'another' })
  })
})

test('no agent is ever shown the token of a waiting step', async () => {
  const { puppet, vcpus } = await greatest()
  const { command, operation } = await commandFor(puppet, vcpus)
  const tokens = under.items().flatMap(({ taskToken }) => (taskToken ? [String(taskToken)] : []))
  expect(tokens.length).toBeGreaterThan(0)
  const given = puppet.signed('take-commands', { incarnation: 'puppet' })
  const answers = [
    await under.ask('take-commands', given),
    await puppet.report(command, { kind: 'accepted' }),
    await puppet.report(command, { kind: 'done' }),
    await puppet.report(command, { kind: 'done' }),
  ]
  await under.over(operation)
  const everything = answers.map(({ text }) => text).join('\n')
  expect((JSON.parse(answers[0]!.text) as { commands: Command[] }).commands).toHaveLength(1)
  for (const token of tokens) expect(everything).not.toContain(token)
  expect(everything).not.toContain('taskToken')
})
