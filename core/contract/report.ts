/**
 * Agent → control plane: what became of a command.
 *
 *   accepted   it stands in the agent's journal; from here on it will be finished or failed, whatever restarts
 *   progress   it is being worked on (also the heartbeat of the waiting workflow)
 *   done       it has happened
 *   failed     it has not happened and nothing of it is left on the host
 *
 * `done` and `failed` are final: the first of them that arrives decides, the same again has no effect.
 */
import * as z from 'zod'

const envelope = {
  commandId: z.string().max(200),
  generation: z.int().min(1),
  /** Which journal speaks: a lost journal is another incarnation. */
  incarnation: z.string().min(1).max(64),
}

export const Report = z
  .discriminatedUnion('kind', [
    z.strictObject({ ...envelope, kind: z.literal('accepted') }),
    z.strictObject({
      ...envelope,
      kind: z.literal('progress'),
      percent: z.number().min(0).max(100),
      etaMs: z.int().min(0).nullable(),
    }),
    z.strictObject({ ...envelope, kind: z.literal('done') }),
    z.strictObject({ ...envelope, kind: z.literal('failed'), reason: z.string().min(1).max(1000) }),
  ])
  .meta({ id: 'Report' })
export type Report = z.infer<typeof Report>
