/** What every hypervisor owes its agent. The simulated one first; QEMU passes the same. */
import { mkdirSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import {
  hypervisorFailures,
  type Hypervisor,
  type HypervisorFailureCode,
  type Progress,
  type Work,
} from '../../node-agent/hypervisor/hypervisor.ts'
import { openSimulated } from '../../node-agent/hypervisor/simulated.ts'

interface Host {
  /** Opens the hypervisor of that host; again after `close`, or after nobody closed it. */
  open(directory: string): Promise<Hypervisor>
  /** From the next call on nothing about that VM can be written or removed, until `mend`. */
  spoil(directory: string, vmId: string): void
  mend(directory: string, vmId: string): void
}

/** Each carries 8 vcpus and 4096 MiB; a VM called `fails` does not start, one called `dies` ends half-way. */
const implementations: [string, Host][] = [
  [
    'simulated',
    {
      open: (directory) =>
        openSimulated({
          directory,
          clock: systemClock,
          capacity: { vcpus: 8, memoryMiB: 4096 },
          createMs: 30,
          deleteMs: 20,
          faults: new Map([
            ['fails', 'fail'],
            ['dies', 'die'],
          ]),
        }),
      spoil: (directory, vmId) => {
        rmSync(join(directory, `${vmId}.json`), { force: true })
        mkdirSync(join(directory, `${vmId}.json`))
      },
      mend: (directory, vmId) => rmSync(join(directory, `${vmId}.json`), { recursive: true }),
    },
  ],
]

const copy = { vmId: 'vm-0001', generation: 2 }
const shape = { name: 'web-1', vcpus: 2, memoryMiB: 512 }
const vm = { ...copy, shape }
const another = { ...vm, vmId: 'vm-0002' }
const work = (signal = new AbortController().signal): Work => ({ signal, progress: () => {} })
const list = async (hypervisor: Hypervisor) =>
  (await hypervisor.list(new AbortController().signal)).sort((a, b) => (a.vmId < b.vmId ? -1 : 1))

/** Aborts as soon as there is headway. */
const cutShort = () => {
  const controller = new AbortController()
  const reason = new Error('cut short')
  return {
    reason,
    work: { signal: controller.signal, progress: () => controller.abort(reason) },
  }
}

interface Scene {
  hypervisor: Hypervisor
  host: Host
  directory: string
}

/** Brings a create to be rejected, with each failure that a create can meet. */
const provoke: Record<HypervisorFailureCode, (scene: Scene) => Promise<unknown>> = {
  CAPACITY_EXCEEDED: ({ hypervisor }) =>
    hypervisor.create({ ...vm, shape: { ...shape, vcpus: 9 } }, work()),
  START_FAILED: ({ hypervisor }) =>
    hypervisor.create({ ...vm, shape: { ...shape, name: 'fails' } }, work()),
  VM_DIED: ({ hypervisor }) =>
    hypervisor.create({ ...vm, shape: { ...shape, name: 'dies' } }, work()),
  VM_ID_INVALID: ({ hypervisor }) => hypervisor.create({ ...vm, vmId: '../vm-0001' }, work()),
  NOT_RUNNING: async ({ hypervisor }) => {
    await hypervisor.create(vm, work())
    await hypervisor.delete(copy, cutShort().work).catch(() => {})
    return hypervisor.create(vm, work())
  },
  OTHER_GENERATION: async ({ hypervisor }) => {
    await hypervisor.create({ ...vm, generation: 1 }, work())
    return hypervisor.create(vm, work())
  },
  VM_BUSY: async ({ hypervisor }) => {
    const first = hypervisor.create(vm, work())
    const second = await hypervisor.create(vm, work()).catch((error: unknown) => ({ error }))
    await first
    if ('error' in second) throw second.error
  },
  STATE_UNREADABLE: async ({ hypervisor, host, directory }) => {
    await hypervisor.create(vm, work())
    host.spoil(directory, vm.vmId)
    await host.open(directory)
  },
  STATE_UNWRITABLE: ({ hypervisor, host, directory }) => {
    let spoilt = false
    const progress = () => {
      if (!spoilt) host.spoil(directory, vm.vmId)
      spoilt = true
    }
    return hypervisor.create(vm, { ...work(), progress })
  },
}

const left: Record<HypervisorFailureCode, string[]> = {
  CAPACITY_EXCEEDED: [],
  START_FAILED: [],
  VM_DIED: [],
  VM_ID_INVALID: [],
  NOT_RUNNING: ['2 stopping'],
  OTHER_GENERATION: ['1 running'],
  VM_BUSY: ['2 running'],
  STATE_UNREADABLE: ['2 running'],
  STATE_UNWRITABLE: ['2 starting'],
}

describe.each(implementations)('hypervisor: %s', (_, host) => {
  const onHost = async (
    run: (
      hypervisor: Hypervisor,
      again: () => Promise<Hypervisor>,
      directory: string,
    ) => Promise<void>,
  ) => {
    const directory = await mkdtemp(join(tmpdir(), 'hypervisor-'))
    const opened: Hypervisor[] = []
    const open = async () => {
      const hypervisor = await host.open(directory)
      opened.push(hypervisor)
      return hypervisor
    }
    try {
      await run(await open(), open, directory)
    } finally {
      await Promise.all(opened.map((hypervisor) => hypervisor.close()))
      await rm(directory, { recursive: true })
    }
  }

  test('a host begins with nothing, and says what it can carry', () =>
    onHost(async (hypervisor) => {
      expect(await list(hypervisor)).toEqual([])
      expect(hypervisor.inventory).toMatchObject({ vcpus: 8, memoryMiB: 4096 })
    }))

  test('a created VM runs, as it was asked for', () =>
    onHost(async (hypervisor) => {
      const made = await hypervisor.create(vm, work())
      expect(made).toEqual({ ...vm, state: 'running' })
      expect(await list(hypervisor)).toEqual([made])
    }))

  test('progress rises to 100 and knows how long it will take', () =>
    onHost(async (hypervisor) => {
      const seen: Progress[] = []
      const { signal } = new AbortController()
      const watching = { signal, progress: (progress: Progress) => seen.push(progress) }
      await hypervisor.create(vm, watching)
      const percents = seen.map(({ percent }) => percent)
      expect(percents).toEqual(percents.toSorted((a, b) => a - b))
      expect(seen.at(-1)).toEqual({ percent: 100, etaMs: 0 })
    }))

  test('creating it again under the same generation finds it', () =>
    onHost(async (hypervisor) => {
      await hypervisor.create(vm, work())
      expect(await hypervisor.create(vm, work())).toMatchObject({ state: 'running' })
      expect(await list(hypervisor)).toHaveLength(1)
    }))

  test('under another generation it is refused, and what is there stays', () =>
    onHost(async (hypervisor) => {
      await hypervisor.create(vm, work())
      for (const generation of [1, 3]) {
        const other = { ...vm, generation }
        const refusal = { code: 'OTHER_GENERATION' }
        await expect(hypervisor.create(other, work())).rejects.toMatchObject(refusal)
        await expect(hypervisor.delete(other, work())).rejects.toMatchObject(refusal)
      }
      expect(await list(hypervisor)).toEqual([{ ...vm, state: 'running' }])
    }))

  test('a deleted VM is gone, and deleting what is not there is done already', () =>
    onHost(async (hypervisor) => {
      await hypervisor.create(vm, work())
      await hypervisor.delete(copy, work())
      await hypervisor.delete(copy, work())
      expect(await list(hypervisor)).toEqual([])
    }))

  test('what does not fit is refused, leaves nothing, and fits once there is room', () =>
    onHost(async (hypervisor) => {
      await hypervisor.create({ ...vm, shape: { ...shape, memoryMiB: 4000 } }, work())
      const refusal = { code: 'CAPACITY_EXCEEDED' }
      await expect(hypervisor.create(another, work())).rejects.toMatchObject(refusal)
      expect(await list(hypervisor)).toHaveLength(1)
      await hypervisor.delete(copy, work())
      expect(await hypervisor.create(another, work())).toMatchObject({ state: 'running' })
    }))

  test('many at once never exceed what fits', () =>
    onHost(async (hypervisor) => {
      const wanted = Array.from({ length: 9 }, (_each, index) => ({
        ...vm,
        vmId: `vm-000${index}`,
      }))
      const made = await Promise.allSettled(wanted.map((each) => hypervisor.create(each, work())))
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(4)
      expect(await list(hypervisor)).toHaveLength(4)
    }))

  test('VMs outlive whoever opened the hypervisor, closed or killed', () =>
    onHost(async (hypervisor, again) => {
      await hypervisor.create(vm, work())
      const second = await again()
      expect(await list(second)).toEqual([{ ...vm, state: 'running' }])
      await second.close()
      const third = await again()
      await third.delete(copy, work())
      expect(await list(await again())).toEqual([])
    }))

  test('a create that was cut short rejects with the reason, and is finished by the same call', () =>
    onHost(async (hypervisor, again) => {
      const { work: cut, reason } = cutShort()
      await expect(hypervisor.create(vm, cut)).rejects.toBe(reason)
      const next = await again()
      expect(await next.create(vm, work())).toMatchObject({ state: 'running' })
      expect(await list(next)).toHaveLength(1)
    }))

  test('a create that was cut short can be deleted', () =>
    onHost(async (hypervisor, again) => {
      const { work: cut, reason } = cutShort()
      await expect(hypervisor.create(vm, cut)).rejects.toBe(reason)
      const next = await again()
      await next.delete(copy, work())
      expect(await list(next)).toEqual([])
    }))

  test('a delete that was cut short is finished by the same call', () =>
    onHost(async (hypervisor, again) => {
      await hypervisor.create(vm, work())
      const { work: cut, reason } = cutShort()
      await expect(hypervisor.delete(copy, cut)).rejects.toBe(reason)
      const next = await again()
      await next.delete(copy, work())
      expect(await list(next)).toEqual([])
    }))

  test('what was aborted before it began does nothing', () =>
    onHost(async (hypervisor) => {
      const reason = new Error('never mind')
      await expect(hypervisor.create(vm, work(AbortSignal.abort(reason)))).rejects.toBe(reason)
      expect(await list(hypervisor)).toEqual([])
    }))

  test('two at once on one VM: one is refused, the other is done', () =>
    onHost(async (hypervisor) => {
      const both = await Promise.allSettled([
        hypervisor.create(vm, work()),
        hypervisor.create(vm, work()),
      ])
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await list(hypervisor)).toEqual([{ ...vm, state: 'running' }])
    }))

  test.each(['', '..', '../vm-0001', 'vm-0001/../../x', 'vm-0001\0', 'vm-ö', 'host-0001'])(
    'the id %j reaches no file',
    (vmId) =>
      onHost(async (hypervisor) => {
        const refusal = { code: 'VM_ID_INVALID' }
        await expect(hypervisor.create({ ...vm, vmId }, work())).rejects.toMatchObject(refusal)
        await expect(hypervisor.delete({ ...copy, vmId }, work())).rejects.toMatchObject(refusal)
        expect(await list(hypervisor)).toEqual([])
      }),
  )

  const codes = Object.keys(hypervisorFailures) as HypervisorFailureCode[]
  test.each(codes)('%s promises of what is left no more than is so', (code) =>
    onHost(async (hypervisor, _again, directory) => {
      await expect(provoke[code]({ hypervisor, host, directory })).rejects.toMatchObject({ code })
      const there = await list(hypervisor)
      expect(there.map(({ generation, state }) => `${generation} ${state}`)).toEqual(left[code])
      expect([there.length === 0, hypervisorFailures[code] !== 'nothing left']).toContain(true)
    }),
  )

  test('what could be neither finished nor removed stays on the list until it can be', () =>
    onHost(async (hypervisor, _again, directory) => {
      const unwritable = { code: 'STATE_UNWRITABLE' }
      const made = provoke.STATE_UNWRITABLE({ hypervisor, host, directory })
      await expect(made).rejects.toMatchObject(unwritable)
      await expect(hypervisor.delete(copy, work())).rejects.toMatchObject(unwritable)
      expect(await list(hypervisor)).toHaveLength(1)
      host.mend(directory, vm.vmId)
      await hypervisor.delete(copy, work())
      expect(await list(hypervisor)).toEqual([])
    }))
})
