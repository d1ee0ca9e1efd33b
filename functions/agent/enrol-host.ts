/**
 * POST /agent/v1/enrol-host — a one-time token and a key pair make a host. The host's id follows from its public key
 * and the request is signed with the private half, so asking again after a lost answer is the same enrolment.
 */
import { hashSecret } from '../../core/api-key.ts'
import { Failure } from '../../core/contract/failures.ts'
import { readSignature } from '../../core/contract/signature.ts'
import { enrolHost, hostIdOf, type Enrolment } from '../../core/host.ts'
import { proveOnce } from '../aws/credentials.ts'
import { hostItem, plainItem, type Item } from '../aws/items.ts'
import { keyOf } from '../aws/keys.ts'
import { serveStranger, signableOf } from '../aws/serve.ts'
import { commit, untilCommitted } from '../aws/commit.ts'
import { get } from '../aws/table.ts'

const refused = () => new Failure('JOIN_TOKEN_INVALID')

const findToken = async (token: string, now: number): Promise<Item> => {
  const [, id, secret] = /^nvj_(join-[0-9a-z]{1,26})_([0-9a-f]{64})$/.exec(token) ?? []
  const item = id === undefined ? undefined : await get(keyOf.joinToken(id))
  if (!item || item.secretHash !== hashSecret(secret!)) throw refused()
  if (Date.parse(item.expiresAt as string) <= now) throw refused()
  return item
}

export const handler = serveStranger('enrol-host', async ({ body, event, now, at }) => {
  const hostId = hostIdOf(body.publicKey)
  const { authorization } = event.headers
  if (readSignature(authorization)?.hostId !== hostId) throw new Failure('HOST_SIGNATURE_INVALID')
  // The token first: whoever has none gets nothing written, not even what remembers a signature.
  await findToken(body.joinToken, now)
  await proveOnce(signableOf(event), authorization, body.publicKey, now)
  const { joinToken, ...enrolment } = body
  await untilCommitted(() => enrol(joinToken, { id: hostId, ...enrolment }, now, at))
  return { hostId }
})

/** The token is used and the host exists, together; or that was so already. */
const enrol = async (joinToken: string, enrolment: Enrolment, now: number, at: string) => {
  const { id, name } = enrolment
  const token = await findToken(joinToken, now)
  if (token.usedBy === id) return
  if (token.usedBy !== null) throw refused()
  const known = new Failure('NAME_TAKEN', 'A host with this key has enrolled before.', {
    resource: 'host',
    name,
  })
  const { ttl, ...kept } = token
  await commit([
    { replace: { ...kept, ttl: ttl!, usedBy: id, version: 2 }, was: 1 },
    {
      create: hostItem(enrolHost(enrolment, token.tenantId as string, at)),
      otherwise: known,
    },
    {
      create: plainItem(keyOf.hostLoad(id), { vcpus: 0, memoryMiB: 0, lastSeenAt: at }),
      otherwise: known,
    },
  ])
}
