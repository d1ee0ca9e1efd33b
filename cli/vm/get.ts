/** `novacron vm get`: one VM. */
import { showOne } from '../show.ts'
import { verb } from '../verb.ts'
import { findVm, vmArgument } from './find.ts'
import { vmFields } from './row.ts'

export const command = verb<{}, [string]>({
  about: 'Show a VM.',
  examples: [
    ['demo', 'By its name'],
    ['demo -o json', 'For a program'],
  ],
  positional: vmArgument,
  async run(cli, flags, given) {
    const vm = await findVm(await cli.connect(flags), given)
    showOne(cli, flags.output, vm, vmFields)
  },
})
