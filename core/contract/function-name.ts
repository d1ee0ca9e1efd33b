/**
 * A function is called after its file: `api/create-vm` is functions/api/create-vm.ts, whose folder says who asks. In a
 * state machine `${ChooseHost}` stands for steps/choose-host.
 */
export const functionFolders = ['api', 'agent', 'steps', 'triggers', 'socket'] as const
export type FunctionFolder = (typeof functionFolders)[number]
export type FunctionName = `${FunctionFolder}/${string}`

export const pascalCase = (kebab: string) =>
  kebab.replace(/(?:^|[-/])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Placeholder in a state machine → the step that takes its place. */
export const stepsByPlaceholder = (names: Iterable<FunctionName>): Map<string, FunctionName> =>
  new Map(
    [...names]
      .filter((name) => name.startsWith('steps/'))
      .map((name) => [pascalCase(name.slice('steps/'.length)), name]),
  )
