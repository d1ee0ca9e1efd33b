/** Answers of transactions by their tokens: a repetition within ten minutes gets the first answer again. */
import { createHash } from 'node:crypto'
import { isRecord } from './attribute-values.ts'
import { DynamoDbError } from './errors.ts'
import { limits } from './limits.ts'
import type { World } from './operation.ts'

/** The same for inputs that differ only in the order of their members. */
export function fingerprintOf(input: unknown): string {
  const canonical = JSON.stringify(input, (_, value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
  return createHash('sha256').update(canonical).digest('hex')
}

export function earlierAnswer(
  world: World,
  token: string,
  fingerprint: string,
): object | undefined {
  const oldest = world.clock.now() - limits.transactionTokenMs
  const row = world.storage
    .statement('SELECT fingerprint, answer FROM ddb_token WHERE token = ? AND at > ?')
    .get(token, oldest) as { fingerprint: string; answer: string } | undefined
  if (!row) return undefined
  if (row.fingerprint === fingerprint) return JSON.parse(row.answer) as object
  throw new DynamoDbError(
    'IdempotentParameterMismatchException',
    'The provided client request token was already used with different parameters',
  )
}

export function rememberAnswer(
  world: World,
  token: string,
  fingerprint: string,
  answer: object,
): void {
  const now = world.clock.now()
  world.storage.run('DELETE FROM ddb_token WHERE at <= ?', now - limits.transactionTokenMs)
  world.storage.run(
    'INSERT INTO ddb_token (token, fingerprint, answer, at) VALUES (?, ?, ?, ?)',
    token,
    fingerprint,
    JSON.stringify(answer),
    now,
  )
}
