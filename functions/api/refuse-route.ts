/** Whatever no route matches, in the same words as every other refusal. */
import { routes } from '../../core/contract/api.ts'
import { Failure } from '../../core/contract/failures.ts'
import { httpHandler } from '../aws/handler.ts'

const matches = (pattern: string, path: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path)

export const handler = httpHandler(async (event) => {
  const { method, path } = event.requestContext.http
  const allow = Object.values(routes)
    .filter((route) => matches(route.path, path))
    .map((route) => route.method)
  // A path that matches and is not served all the same has a segment that cannot be read.
  if (allow.length > 0 && !allow.some((known) => known === method))
    throw new Failure('METHOD_NOT_ALLOWED', `${path} does not take ${method}.`, { allow })
  throw new Failure('ROUTE_UNKNOWN', `There is no route ${path}.`, { path })
})
