/**
 * The command line as stricli reads it: of all verbs only the one that was asked for is the real one, the others are
 * names, there to be listed and to be meant when a name is misspelled.
 */
import {
  buildApplication,
  buildCommand,
  buildRouteMap,
  text_en,
  type Application,
  type Command,
  type RouteMap,
} from '@stricli/core'
import type { Cli } from './cli.ts'
import { groupHelp, prefix, rootHelp } from './help.ts'
import { isGroup, resolve, verbs, type Group } from './verbs.ts'

type Target = Command<Cli> | RouteMap<Cli>

const nameOnly = (brief: string): Command<Cli> =>
  buildCommand<{}, [], Cli>({ docs: { brief }, parameters: {}, func: () => {} })

const routesOf = (group: Group, path: readonly string[], asked: Asked): RouteMap<Cli> => {
  const target = (word: string): Target => {
    const entry = group.verbs[word]!
    const here = [...path, word]
    if (isGroup(entry)) return routesOf(entry, here, asked)
    return here.join(' ') === asked.name ? asked.command : nameOnly(entry.brief)
  }
  const routes = Object.fromEntries(Object.keys(group.verbs).map((word) => [word, target(word)]))
  const map = buildRouteMap<string, Cli>({ routes, docs: { brief: group.brief } })
  const help = () => (path.length === 0 ? rootHelp(group) : groupHelp(group, path))
  return Object.assign(map, { formatHelp: help })
}

interface Asked {
  name: string
  command: Command<Cli>
}

/** The line a wrong one should have been looked up with. */
export const helpFor = (inputs: readonly string[]) =>
  [prefix, ...resolve(inputs).path, '--help'].join(' ')

const firstLine = (text: string) => text.split('\n', 1)[0] ?? text

export const programFor = async (
  inputs: readonly string[],
  colour: boolean,
): Promise<Application<Cli>> => {
  const { path, entry } = resolve(inputs)
  const command = isGroup(entry) ? nameOnly('') : (await entry.load()).command
  const wrong = (text: string) => `error: ${firstLine(text)}`
  return buildApplication(routesOf(verbs, [], { name: path.join(' '), command }), {
    name: prefix,
    scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
    documentation: { disableAnsiColor: !colour },
    localization: {
      text: {
        ...text_en,
        headers: { ...text_en.headers, usage: 'EXAMPLES' },
        noCommandRegisteredForInput: (args) =>
          wrong(text_en.noCommandRegisteredForInput(args).replace('registered for', 'named')),
        exceptionWhileParsingArguments(exception, ansiColor) {
          return wrong(text_en.exceptionWhileParsingArguments.call(this, exception, ansiColor))
        },
        exceptionWhileRunningCommand(exception, ansiColor) {
          const text = text_en.exceptionWhileRunningCommand.call(this, exception, ansiColor)
          return `error: This is a bug of novacron; please report it with what follows.\n${text}`
        },
      },
    },
  })
}
