/** What a Task may call: a function, and either wait for its answer or for somebody to call back. */
export interface Resource {
  /** The task's result is what SendTaskSuccess brings, not what the function returns. */
  callsBack: boolean
  /** As history events name it. */
  resource: string
}

export const resources = new Map<string, Resource>([
  ['arn:aws:states:::lambda:invoke', { callsBack: false, resource: 'invoke' }],
  [
    'arn:aws:states:::lambda:invoke.waitForTaskToken',
    { callsBack: true, resource: 'invoke.waitForTaskToken' },
  ],
])
