import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { openEngine } from '../../test/conformance/dynamodb-endpoints.ts'
import { serveDynamoDb } from './http.ts'

interface Answer {
  status: number
  body: Record<string, unknown>
}

function send(
  url: string,
  {
    method = 'POST',
    headers = {},
    body = '{}',
  }: { method?: string; headers?: object; body?: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = { 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers }
    const sent = request(url, { method, headers: all }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: JSON.parse(text) as Answer['body'] }),
      )
    })
    sent.on('error', reject).end(body)
  })
}

describe('the HTTP endpoint', () => {
  test('answers on loopback and refuses what is no call of a local program', async () => {
    await using opened = openEngine()
    await using endpoint = await serveDynamoDb(opened.engine)
    expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await send(endpoint.url, {})).toEqual({ status: 200, body: { TableNames: [] } })
    const refusals = [
      { headers: { host: 'rebound.example' } },
      { method: 'PUT' },
      { body: '{' },
      { body: '7' },
    ]
    for (const refusal of refusals) {
      const { status, body } = await send(endpoint.url, refusal)
      expect(status).toBe(400)
      expect(body['__type']).toContain('SerializationException')
    }
  })

  test('names the operation it does not know', async () => {
    await using opened = openEngine()
    await using endpoint = await serveDynamoDb(opened.engine)
    const headers = { 'x-amz-target': 'DynamoDB_20120810.ExecuteStatement' }
    const { status, body } = await send(endpoint.url, { headers })
    expect(status).toBe(400)
    expect(body['__type']).toContain('UnknownOperationException')
    expect(body['message']).toContain('does not support the operation ExecuteStatement')
    const none = await send(endpoint.url, { headers: { 'x-amz-target': '' } })
    expect(none.body['message']).toContain('does not support the operation (none named)')
  })
})
