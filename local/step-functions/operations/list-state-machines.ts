/** ListStateMachines, by name. */
import { machineArn } from '../arns.ts'
import { operation } from './operation.ts'
import { pageFields, pageOf } from './pages.ts'

export const listStateMachines = operation(pageFields, (home, input) => {
  const all = home.journal.all('SELECT * FROM sfn_machine ORDER BY name')
  const numbered = all.map((row, index) => ({ ...row, index }) as Record<string, unknown>)
  const fetch = (start: number, limit: number) => numbered.slice(start, start + limit)
  const { items, ...more } = pageOf(input, 100, 0, fetch, (row) => Number(row.index))
  const stateMachines = items.map((row) => ({
    stateMachineArn: machineArn(String(row.name)),
    name: String(row.name),
    type: 'STANDARD',
    creationDate: Number(row.created_at) / 1_000,
  }))
  return { stateMachines, ...more }
})
