/**
 * The VMs of a simulated host: one file for each, so that they outlive the agent as QEMU processes would. Without a
 * directory they live in memory and end with the process.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { idOf } from '../../core/ids.ts'
import { HypervisorFailure, type ObservedVm } from './hypervisor.ts'

const Record = z.strictObject({
  vmId: idOf('vm'),
  generation: z.int().min(1),
  shape: z.strictObject({ name: z.string(), vcpus: z.int(), memoryMiB: z.int() }),
  state: z.enum(['starting', 'running', 'paused', 'stopped', 'crashed', 'stopping']),
})

export interface Records {
  readonly vms: ReadonlyMap<string, ObservedVm>
  keep(vm: ObservedVm): Promise<void>
  remove(vmId: string): Promise<void>
}

const load = async (directory: string) => {
  await mkdir(directory, { recursive: true })
  const vms = new Map<string, ObservedVm>()
  for (const file of await readdir(directory)) {
    if (!file.endsWith('.json')) continue
    const path = join(directory, file)
    let record: ObservedVm
    try {
      record = Record.parse(JSON.parse(await readFile(path, 'utf8')))
    } catch (error) {
      throw new HypervisorFailure('STATE_UNREADABLE', `${path} is damaged`, error)
    }
    vms.set(record.vmId, record)
  }
  return vms
}

const written = async (path: string, change: () => Promise<void>) => {
  try {
    await change()
  } catch (error) {
    throw new HypervisorFailure('STATE_UNWRITABLE', `${path} cannot be written`, error)
  }
}

export const openRecords = async (directory: string | undefined): Promise<Records> => {
  const vms = directory === undefined ? new Map<string, ObservedVm>() : await load(directory)
  const pathOf = (vmId: string) => join(directory ?? '', `${vmId}.json`)
  return {
    vms,
    keep: async (vm) => {
      const path = pathOf(vm.vmId)
      if (directory !== undefined)
        await written(path, async () => {
          await writeFile(`${path}.new`, JSON.stringify(vm))
          await rename(`${path}.new`, path)
        })
      vms.set(vm.vmId, vm)
    },
    remove: async (vmId) => {
      const path = pathOf(vmId)
      if (directory !== undefined) await written(path, () => rm(path, { force: true }))
      vms.delete(vmId)
    },
  }
}
