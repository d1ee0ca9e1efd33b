/** How machines and executions are named towards callers. */
import { ServiceError } from './errors.ts'

export const accountId = '000000000000'
export const region = 'local'
const prefix = `arn:aws:states:${region}:${accountId}`

export function machineArn(machine: string): string {
  return `${prefix}:stateMachine:${machine}`
}

export function executionArn(machine: string, name: string): string {
  return `${prefix}:execution:${machine}:${name}`
}

export function parseMachineArn(arn: string): string {
  return parse(arn, 'stateMachine', 1)[0]!
}

export function parseExecutionArn(arn: string): { machine: string; name: string } {
  const [machine, name] = parse(arn, 'execution', 2)
  return { machine: machine!, name: name! }
}

function parse(arn: string, kind: string, parts: number): string[] {
  const [scheme, partition, service, where, account, actual, ...rest] = arn.split(':')
  const right =
    [scheme, partition, service, where, account, actual].join(':') === `${prefix}:${kind}` &&
    rest.length === parts &&
    rest.every((part) => part !== '')
  if (!right)
    throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}' is not a ${kind} of this home`)
  return rest
}
