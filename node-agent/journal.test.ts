import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCommand, vmIdOf } from './fake-control-plane.ts'
import { keep } from './kept-command.ts'
import { seededRandom } from './hypervisor/seeded-random.ts'
import { lineOf, type Entry } from './journal-entry.ts'
import { journalFile, journalInMemory, type JournalStorage } from './journal-storage.ts'
import { openJournal, type Journal } from './journal.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'))
})
afterAll(() => rm(directory, { recursive: true }))

let files = 0
const freshPath = () => join(directory, `${(files += 1)}.jsonl`)
const open = (storage: JournalStorage, compactAt = 1024 * 1024) =>
  openJournal(storage, { now: 0, random: seededRandom(files + 1), compactAt })

const createOf = (name: string, generation = 2) => keep(createCommand(vmIdOf(name), generation))
const [a, b, c] = [createOf('1'), createOf('2'), createOf('3')]
const done = (commandId: string, gone = false): Entry => ({
  entry: 'finished',
  commandId,
  outcome: { kind: 'done' },
  gone,
})
const history: Entry[] = [
  { entry: 'accepted', command: a },
  { entry: 'refused', command: b, reason: 'no' },
  done(a.id, true),
  { entry: 'acknowledged', commandId: a.id },
  { entry: 'accepted', command: c },
]
const recordAll = async (journal: Journal, entries: readonly Entry[]) => {
  for (const entry of entries) await journal.record(entry)
}
const ids = [a, b, c].map(({ id }) => id)
const vmIds = [a, b, c].map(({ vmId }) => vmId)
const knowledge = (journal: Journal) => ({
  incarnation: journal.incarnation,
  commands: ids.map((id) => journal.find(id)),
  vms: vmIds.map((vmId) => journal.markOf(vmId)),
  unsettled: journal.unsettled().map(({ command }) => command.id),
})

describe.each([
  ['in a file', () => freshPath()],
  ['in memory', () => undefined],
])('a journal %s', (_, place) => {
  const storages = () => {
    const path = place()
    const memory = journalInMemory()
    return () => (path === undefined ? memory : journalFile(path))
  }

  test('remembers across openings what was recorded, under the same incarnation', async () => {
    const storage = storages()
    const first = await open(storage())
    expect(first.begun).toBe(true)
    await recordAll(first.journal, history)
    const before = knowledge(first.journal)
    await first.journal.close()
    const second = await open(storage())
    expect(second.begun).toBe(false)
    expect(knowledge(second.journal)).toEqual(before)
    expect(before.unsettled).toEqual([b.id, c.id])
    expect(before.vms).toEqual([
      { generation: 2, goneGeneration: 2 },
      undefined,
      { generation: 2, goneGeneration: 0 },
    ])
    await second.journal.close()
  })

  test('is compacted when large, and knows afterwards what it knew before', async () => {
    const storage = storages()
    const { journal } = await open(storage(), 4096)
    const rounds = Array.from({ length: 2000 }, (_round, index) => createOf('9', index + 1))
    const spent = rounds.flatMap((command): Entry[] => [
      { entry: 'accepted', command },
      done(command.id),
      { entry: 'acknowledged', commandId: command.id },
    ])
    for (let from = 0; from < spent.length; from += 150)
      await Promise.all(spent.slice(from, from + 150).map((entry) => journal.record(entry)))
    await recordAll(journal, history)
    const before = knowledge(journal)
    await journal.close()
    const kept = storage()
    const text = (await kept.read())!
    await kept.close()
    expect(text.split('\n').length).toBeLessThan(6000)
    const { journal: again } = await open(storage(), 4096)
    expect(knowledge(again)).toEqual(before)
    expect(again.markOf(vmIdOf('9'))).toEqual({ generation: 2000, goneGeneration: 0 })
    await again.close()
  })

  test('what was only noted is written along with what is recorded next, and on closing', async () => {
    const storage = storages()
    const { journal } = await open(storage())
    await recordAll(journal, [{ entry: 'accepted', command: a }, done(a.id)])
    journal.note({ entry: 'acknowledged', commandId: a.id })
    await journal.close()
    const { journal: again } = await open(storage())
    expect(again.unsettled()).toEqual([])
    await again.close()
  })

  test('any order of recording and reopening ends in what the entries say', async () => {
    const entries = fc.array(fc.constantFrom<Entry | 'reopen'>(...history, 'reopen'), {
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(entries, async (steps) => {
        const storage = storages()
        const plain = await open(journalInMemory())
        let { journal } = await open(storage(), 64)
        for (const step of steps) {
          if (step === 'reopen') {
            await journal.close()
            journal = (await open(storage(), 64)).journal
          } else if (!('commandId' in step) || journal.find(step.commandId)) {
            await journal.record(step)
            await plain.journal.record(step)
          }
        }
        const { incarnation: _one, unsettled: order, ...told } = knowledge(journal)
        const { incarnation: _other, unsettled: expected, ...wanted } = knowledge(plain.journal)
        expect(told).toEqual(wanted)
        expect(order.toSorted()).toEqual(expected.toSorted())
        await journal.close()
      }),
      { numRuns: place() === undefined ? 200 : 30 },
    )
  })
})

const written = async () => {
  const path = freshPath()
  const { journal } = await open(journalFile(path))
  await recordAll(journal, history)
  await journal.close()
  return { path, text: await readFile(path) }
}

test('a last line that was not written whole is dropped, wherever it ends, and writing goes on', async () => {
  const { path, text } = await written()
  const lastLine = text.lastIndexOf('\n', text.length - 2) + 1
  for (let end = lastLine; end < text.length; end += 17) {
    await writeFile(path, text.subarray(0, end))
    const { journal } = await open(journalFile(path))
    expect(journal.find(c.id)).toBeUndefined()
    expect(journal.find(a.id)).toMatchObject({ acknowledged: true })
    await journal.record({ entry: 'accepted', command: c })
    await journal.close()
    expect(await readFile(path)).toEqual(text)
  }
})

test('a tail of zeros, as a power cut leaves it, is dropped', async () => {
  const { path, text } = await written()
  await truncate(path, text.length + 4096)
  const { journal } = await open(journalFile(path))
  expect(journal.find(c.id)).toBeDefined()
  await journal.close()
  expect(await readFile(path)).toEqual(text)
})

test('one damaged byte anywhere before the end is refused by name', async () => {
  const { text } = await written()
  for (let at = 0; at < text.length - 1; at += 1) {
    const damaged = Buffer.from(text)
    damaged[at] = damaged[at]! ^ (1 + (at % 7))
    const storage = { ...journalInMemory(), read: async () => damaged.toString('utf8') }
    await expect(open(storage)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  }
})

test.each([
  ['an empty file', () => ''],
  ['a line taken out', (lines: string[]) => [lines[0], ...lines.slice(2)].join('\n')],
  ['a journal without its first line', (lines: string[]) => lines.slice(1).join('\n')],
  ['two journals in one', (lines: string[]) => [...lines.slice(0, -1), ...lines].join('\n')],
])('%s is refused by name', async (_, damage) => {
  const { path, text } = await written()
  await writeFile(path, damage(text.toString('utf8').split('\n')))
  await expect(open(journalFile(path))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
})

test('a missing journal begins another incarnation', async () => {
  const { path } = await written()
  const first = await open(journalFile(path))
  await first.journal.close()
  await rm(path)
  files += 1
  const second = await open(journalFile(path))
  expect(second.begun).toBe(true)
  expect(second.journal.incarnation).not.toBe(first.journal.incarnation)
  await second.journal.close()
})

test('a disk that was full refuses by name and nothing of what it refused is there later', async () => {
  const memory = journalInMemory()
  let full = false
  const storage: JournalStorage = {
    ...memory,
    append: (text) => (full ? Promise.reject(new Error('ENOSPC')) : memory.append(text)),
  }
  const { journal } = await open(storage)
  full = true
  await expect(journal.record({ entry: 'accepted', command: a })).rejects.toThrow('ENOSPC')
  expect(journal.find(a.id)).toBeUndefined()
  full = false
  await journal.record({ entry: 'accepted', command: b })
  await journal.close()
  const { journal: again } = await open(memory)
  expect([again.find(a.id), again.find(b.id)?.command.id]).toEqual([undefined, b.id])
})

test('a file that grows behind the journal’s back does not lose a recorded line', async () => {
  const path = freshPath()
  const { journal } = await open(journalFile(path))
  await journal.record({ entry: 'accepted', command: a })
  await appendFile(path, '{"torn')
  await journal.record({ entry: 'accepted', command: b })
  await journal.close()
  const { journal: again } = await open(journalFile(path))
  expect(again.unsettled()).toHaveLength(2)
  await again.close()
})

const versions: [string, Record<string, unknown>][] = [
  ['an older version, which counted no formats and gave fewer arguments', { arguments: {} }],
  ['a newer version, with more members', { deadline: '2027-01-01T00:00:00.000Z' }],
  ['a newer version, with more arguments', { arguments: { ...a.arguments!, gpus: [1] } }],
  ['a newer version, with another kind', { kind: 'snapshot-vm', arguments: { disk: 'root' } }],
  ['a newer version, with another format', { format: 2, arguments: ['a', 1] }],
]

test.each(versions)('a command kept by %s is read, and kept as it was', async (_, other) => {
  const { format: _format, ...received } = a
  const command = { ...received, ...other }
  const storage = journalInMemory()
  const { journal } = await open(storage)
  await journal.record({ entry: 'accepted', command: command as never })
  await journal.close()
  // Opened twice: the first time it is compacted too.
  for (const compactAt of [1, 1024 * 1024]) {
    const { journal: again } = await open(storage, compactAt)
    expect(again.find(a.id)?.command).toEqual({ format: 1, ...command })
    expect(again.markOf(a.vmId)).toEqual({ generation: 2, goneGeneration: 0 })
    await again.close()
  }
})

test.each([
  ['an unknown entry', { entry: 'released', vmId: a.vmId }],
  ['an entry that says more', { entry: 'dropped', commandId: a.id, why: 'it moved' }],
  ['a command without a generation', { entry: 'accepted', command: { ...a, generation: null } }],
])('%s that was written whole is refused as another version’s, not as damage', async (_, entry) => {
  const storage = journalInMemory()
  const { journal } = await open(storage)
  await journal.close()
  await storage.append(lineOf(entry as never))
  await expect(open(storage)).rejects.toMatchObject({ code: 'JOURNAL_NOT_UNDERSTOOD' })
})
