/** The only reader of the environment in functions/: one object, made when it is first asked for. */
const required = (name: string) => {
  const value = process.env[name]
  if (!value) throw new Error(`The environment variable ${name} is missing`)
  return value
}

export interface Config {
  readonly tableName: string
  /** The KMS key that seals page tokens. */
  readonly keyId: string
  /** ARN of a state machine by its file name in statemachines/. */
  readonly stateMachineArn: (name: string) => string
  /** Where the doorbell and the watchers' sockets are reached. */
  readonly socketEndpoint: string
  readonly version: string
}

let config: Config | undefined

export const readConfig = (): Config =>
  (config ??= Object.freeze({
    tableName: required('TABLE_NAME'),
    keyId: required('KEY_ID'),
    stateMachineArn: (name: string) => `${required('STATE_MACHINE_ARN_PREFIX')}${name}`,
    socketEndpoint: required('SOCKET_ENDPOINT'),
    version: process.env.NOVACRON_VERSION ?? 'unknown',
  }))
