/** Answers and problems as API Gateway takes them. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { failures, problemOf, type Failure } from '../../core/contract/failures.ts'

export interface GivenAnswer {
  status: number
  headers: Record<string, string>
  body: unknown
}

export const etagOf = (version: number) => `"v${version}"`

export const render = (answer: GivenAnswer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: answer.status,
  headers: {
    'cache-control': 'no-store',
    ...(typeof answer.body === 'string' ? {} : { 'content-type': 'application/json' }),
    ...answer.headers,
  },
  body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? null),
})

export const renderProblem = (
  failure: Failure,
  context: { traceId: string; origin: string },
): APIGatewayProxyStructuredResultV2 => {
  const problem = problemOf(failure, context)
  const retryAfter = failure.params.retryAfterSeconds
  return {
    statusCode: problem.status,
    headers: {
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      ...(problem.retryable && { 'retry-after': String(retryAfter ?? 1) }),
      ...(failures[failure.code].status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(failure.code === 'METHOD_NOT_ALLOWED' && { allow: String(failure.params.allow) }),
    },
    body: JSON.stringify(problem),
  }
}
