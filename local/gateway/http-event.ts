/**
 * An HTTP request as a function sees it: API Gateway's HTTP API event, payload format 2.0. Header names in lower
 * case, repeated headers and query parameters joined with commas, cookies apart, bodies that are not text in base64.
 */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Match } from './match-route.ts'

export interface Received {
  request: IncomingMessage
  match: Match
  body: Buffer
  requestId: string
  at: number
}

export function httpEvent({ request, match, body, requestId, at }: Received) {
  const { rawPath, rawQueryString } = splitTarget(request.url ?? '/')
  const { headers, cookies } = readHeaders(request.rawHeaders)
  const sourceIp = request.socket.remoteAddress ?? ''
  const protocol = `HTTP/${request.httpVersion}`
  const domainName = headers.host ?? ''
  const query = readQuery(rawQueryString)
  const parameters = match.pathParameters
  const event: APIGatewayProxyEventV2 = {
    version: '2.0',
    routeKey: match.routeKey,
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers: { ...headers, ...forwarded(request, headers['x-forwarded-for']) },
    ...(query && { queryStringParameters: query }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName,
      domainPrefix: domainName.split('.')[0] ?? '',
      http: {
        method: request.method ?? 'GET',
        path: rawPath,
        protocol,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: match.routeKey,
      stage: '$default',
      time: logTime(at),
      timeEpoch: at,
    },
    ...encode(body, headers),
  }
  return event
}

/** A target may be a whole URL, as proxies are asked; only its path and query matter. */
export function splitTarget(target: string): { rawPath: string; rawQueryString: string } {
  const local = target.replace(/^https?:\/\/[^/?#]*/i, '')
  const [path = '', ...query] = local.split('?')
  return { rawPath: path || '/', rawQueryString: query.join('?') }
}

function readHeaders(raw: readonly string[]) {
  const headers: Record<string, string> = Object.create(null)
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    const separator = name === 'cookie' ? '; ' : ','
    const before = headers[name]
    headers[name] = before === undefined ? raw[index + 1]! : before + separator + raw[index + 1]!
  }
  const { cookie, ...others } = headers
  return { headers: others, cookies: cookie?.split(/;\s*/).filter(Boolean) }
}

function forwarded(request: IncomingMessage, before: string | undefined) {
  const address = request.socket.remoteAddress ?? ''
  return {
    'x-forwarded-for': before === undefined ? address : `${before}, ${address}`,
    'x-forwarded-port': String(request.socket.localPort ?? ''),
    'x-forwarded-proto': 'http',
  }
}

function readQuery(rawQueryString: string): Record<string, string> | undefined {
  if (rawQueryString === '') return undefined
  const query: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(rawQueryString)) {
    query[name] = query[name] === undefined ? value : `${query[name]},${value}`
  }
  return query
}

const textTypes = /^(text\/.*|application\/(json|javascript|xml|.*\+json|.*\+xml))$/i

function encode(body: Buffer, headers: Record<string, string>) {
  if (body.length === 0) return { isBase64Encoded: false }
  const type = headers['content-type']?.split(';')[0]?.trim() ?? ''
  const encoded = headers['content-encoding'] !== undefined
  return textTypes.test(type) && !encoded && isUtf8(body)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `20/Nov/2026:10:01:41 +0000`, as access logs write it. */
export function logTime(at: number): string {
  const date = new Date(at)
  const [year, , day] = date.toISOString().slice(0, 10).split('-')
  const time = date.toISOString().slice(11, 19)
  return `${day}/${months[date.getUTCMonth()]}/${year}:${time} +0000`
}
