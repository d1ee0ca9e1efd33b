/**
 * How a step knows that nobody runs a VM on a host any more: by the record of the command that was to begin it, or to
 * end it there. What attests is held to in the transaction that relies on it; without it nothing is let go.
 */
import { Failure } from '../../core/contract/failures.ts'
import type { Attestation, Outcome } from '../../core/ownership.ts'
import type { CommandRecord } from './commands.ts'
import type { Write } from './commit.ts'
import { keyOf } from './keys.ts'

export interface Attested<O extends Outcome> {
  attestedBy: Attestation<O>
  evidence: Write
}

/** Where R binds the VM. */
export interface Binding {
  vmId: string
  hostId: string
  generation: number
}

const isAbout = ({ command, hostId }: CommandRecord, at: Binding) =>
  hostId === at.hostId &&
  (command === null || (command.vmId === at.vmId && command.generation === at.generation))

/** That the command ended in one of these ways, or ATTESTATION_MISSING. */
export const attest = <O extends Outcome>(
  record: CommandRecord | undefined,
  about: Binding,
  outcomes: readonly O[],
): Attested<O> => {
  const outcome = outcomes.find((each) => each === record?.state)
  if (record && outcome && isAbout(record, about)) {
    const evidence = { expect: keyOf.command(record.id), was: record.version }
    return { attestedBy: { commandId: record.id, outcome }, evidence }
  }
  const { hostId, generation } = about
  const said = record ? `the command for it is ${record.state}` : 'there was no command for it'
  const detail = `Nothing attests that ${hostId} is done with the VM under generation ${generation}: ${said}`
  throw new Failure('ATTESTATION_MISSING', detail, { ...about })
}
